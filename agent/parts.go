package agent

import (
	"context"
	"iter"
	"log/slog"
	"time"
)

// Driver reads one source. One goroutine calls it, Close after the last Read.
// The interface has no method that writes, and the transports refuse every
// request that could change a device before a byte leaves; the simulator counts
// such requests and tests demand zero.
type Driver interface {
	// Read appends what the due tags gave to b, dialling first if it must. It
	// keeps to ctx. A non-nil error means the source failed; one unreadable tag
	// is a Bad reading and leaves its neighbours alone. What was read before an
	// error stays in b. It returns more when it has more queued than it should
	// hand over at once. Mark an error with Because to give its Reason.
	Read(ctx context.Context, due []*Tag, b *Batch) (more bool, err error)
	Close() error
}

// Calculator is the KPI engine. No I/O, no clock: the same batches always give
// the same results, live, replayed or recomputed. One goroutine calls it.
type Calculator interface {
	// Add sees every batch in Seq order, own ones too, live and replayed alike.
	// It sorts readings when a window closes, so that sums do not depend on
	// arrival; a stored cell result stands for readings that are gone.
	Add(b *Batch) ([]Result, []Event)
	// Current gives the running windows, for the board.
	Current() []Result
	// Checkpoint gives the state after the last Add: versioned, with the
	// definition's hash. It grows with the open cells, not with the windows.
	Checkpoint() ([]byte, error)
	// Restore takes a checkpoint. State of another definition is closed: the
	// next Add emits its Partials. An error leaves the engine as new.
	Restore([]byte) error
	// Describe lists what is computed, in the order of the configuration.
	Describe() []Quantity
}

// Explainer is optional on a Calculator: it lets others see what a change of the
// totals would do to a figure. Any goroutine may call it.
type Explainer interface {
	// Value gives the KPI's figure for totals of its terms, in their order;
	// false when there is none.
	Value(kpi string, totals []float64) (value float64, ok bool)
}

// Store keeps batches on disk. Append is called by one goroutine, Next, Ack and
// Reject by one goroutine per upstream, Range by any; Load comes first and
// Close last, both once. Batches it hands out are the caller's to read, not to
// change.
type Store interface {
	// Load opens the store and gives the last mark ever used, the newest
	// checkpoint and the batches after it. The engine replays them: exact after
	// any crash. What replay emits and no stored own batch carries goes into
	// the new epoch's first own batch.
	Load() (last Mark, checkpoint []byte, after iter.Seq2[*Batch, error], err error)
	// Append stores batches, whole units in Seq order, in one transaction. An
	// error means the outcome is unknown: append the same batches again.
	Append([]*Batch) error
	// Next returns what the preferred lane has, else the other's, else waits;
	// with an ended ctx it does not wait and returns an empty Delivery (no
	// Batches) and ctx's error. max bounds the rows, but one batch is always
	// given whole.
	Next(ctx context.Context, upstream string, prefer Lane, max int) (Delivery, error)
	// Ack says that the upstream has everything numbered from…to.
	Ack(upstream string, from, to uint64)
	// Reject sets rows of b aside for people, visible, because of why.
	Reject(upstream string, b *Batch, rows Rows, why error) error
	// Range gives the batches received in, or holding readings or results of,
	// [from, to): backfill first, then Seq order.
	Range(from, to time.Time) iter.Seq2[*Batch, error]
	// Checkpoint gives the newest checkpoint that is kept of those received up
	// to t, with the mark and the clock of the batch it rode on; nil for none.
	// The newest of all is always kept, older ones hours apart.
	Checkpoint(t time.Time) (*Batch, error)
	// Tidy is the janitor's turn: seal, drop by bounds, free what all have.
	Tidy(ctx context.Context) error
	Close() error
}

// Lane is the end of the backlog that an upstream is served from.
type Lane uint8

const (
	Oldest Lane = iota
	Newest
)

// Rows is a half-open stretch of a batch's rows, counted over readings, then
// results, then events. The zero value means all of them.
type Rows struct{ From, To int }

// All reports whether r is the zero value.
func (r Rows) All() bool { return r == Rows{} }

// Of gives a copy of b that holds only the rows r; b itself when r is zero.
func (r Rows) Of(b *Batch) *Batch {
	if r.All() {
		return b
	}
	part := *b
	part.Readings = cut(b.Readings, r, 0)
	part.Results = cut(b.Results, r, len(b.Readings))
	part.Events = cut(b.Events, r, len(b.Readings)+len(b.Results))
	return &part
}

func cut[T any](all []T, r Rows, before int) []T {
	from, to := min(max(r.From-before, 0), len(all)), min(max(r.To-before, 0), len(all))
	return all[from:to]
}

// History serves trends and past results; a Store may have it.
type History interface {
	// Results gives the newest revision of each result of the KPI (all, when
	// "") and window kind (all, when "") that began in [from, to), oldest first.
	Results(kpi string, window WindowKind, from, to time.Time) iter.Seq2[Result, error]
	// Events gives the events that began in [from, to), in the order of their
	// batches: an event that ended later comes twice, first open, then ended.
	Events(from, to time.Time) iter.Seq2[Event, error]
}

// Delivery is one epoch's stretch without a hole inside: every number From…To
// is either in Batches, stood for by a stand-in, or left out by a filter. Prev
// is what the epoch names, never computed from what happens to be stored.
// To == 0 is a tick (births, state).
type Delivery struct {
	Epoch      uint64
	Prev       Mark // of the epoch's first batch
	From, To   uint64
	Historical bool // behind what this upstream was given already
	Rows       Rows // when From == To, the part of the batch that is meant
	Batches    []*Batch
}

// Upstream takes deliveries. One goroutine calls it.
type Upstream interface {
	// Send returns nil when the far side has all of d. It may be called again
	// with the same d. Unmarked errors are temporary; see Permanent, TooLarge
	// and RetryAfter.
	Send(ctx context.Context, d Delivery) error
	Close() error
}

// Spec is what every plug-in is built from. Building does no I/O, so checking a
// configuration is building it. Constructors return Faults for what is wrong.
type Spec struct {
	Name   string
	Dir    string // folder of the configuration file, which relative paths start from
	Plant  Plant
	Tags   []*Tag               // the source's own; all tags for KPIs and upstreams
	Decode func(into any) error // the plug-in's section, strict; the error is Faults
	Latest func() *Batch        // the board, filtered
	Log    *slog.Logger
	Clock  Clock

	Version string // of the program, for those it talks to
}

// Reporter is optional on any part: counters for the board, the page and
// /metrics. Any goroutine may call it.
type Reporter interface{ Report() []Metric }

// Plant is whose figures these are. It goes with every payload and page.
type Plant struct {
	ID       string   `json:"id" yaml:"id"`
	Name     string   `json:"name" yaml:"name"`
	Company  Company  `json:"company" yaml:"company"`
	Timezone string   `json:"timezone" yaml:"timezone"`
	Shifts   []string `json:"shifts" yaml:"shifts"`       // local start times, "00:00"
	DayStart string   `json:"day_start" yaml:"day_start"` // production day; default "00:00"
}

// Company is the legal body behind the plant, as the city platform names it.
type Company struct {
	Name       string `json:"name,omitempty" yaml:"name"`
	CreditCode string `json:"credit_code,omitempty" yaml:"credit_code"` // unified social credit code, 18 characters
	Sector     string `json:"sector,omitempty" yaml:"sector"`           // GB/T 4754 class
	Park       string `json:"park,omitempty" yaml:"park"`
}

// Kind is one entry of a list of plug-ins: how to build it, and an example of
// its section that a test builds and "recoup example" prints.
type Kind[T any] struct {
	New     func(Spec) (T, error)
	Example string
}
