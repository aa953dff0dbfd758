package buffer

import (
	"errors"
	"fmt"
	"log/slog"
	"sync"

	"github.com/klauspost/compress/zstd"
	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

// Store is the buffer. Its methods may be called as agent.Store says.
type Store struct {
	cfg      Config
	clock    agent.Clock
	log      *slog.Logger
	hook     commitHook
	tags     *catalog
	packer   *zstd.Encoder
	unpacker *zstd.Decoder
	readers  map[string]*reader // by upstream, each used by its own goroutine

	meta *book
	kept *book

	// Append's alone.
	encoder encoder
	arena   []byte
	active  *writer
	failed  bool // the last Append did: what it offers again may be stored in part

	persisting sync.Mutex // one persist at a time, so that an older state never follows a newer one
	mending    sync.Mutex // one at a time replaces stored batches by a stand-in

	mu        sync.Mutex // guards all below
	segments  []*segment // oldest first; the newest may be active's
	index     index
	epochs    map[uint64]epoch // by epoch
	last      agent.Mark
	unit      unitMark
	upstreams map[string]*cursor
	grown     chan struct{} // closed when there is more
	ledger    map[gapKey]agent.Event
	rejected  map[string]int            // rows set aside, by upstream
	pending   []func(tx *bolt.Tx) error // writes to meta.db that can wait
	unsaved   int                       // acks since the last persist
	savedAt   uint64                    // monotonic time of it
	closed    bool
}

var (
	_ agent.Store    = (*Store)(nil)
	_ agent.History  = (*Store)(nil)
	_ agent.Reporter = (*Store)(nil)
)

// New checks the configuration and touches nothing. The error is agent.Faults.
func New(cfg Config, clock agent.Clock, log *slog.Logger) (*Store, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	packer, err := newPacker()
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	unpacker, err := newUnpacker()
	if err != nil {
		panic("BUG: zstd options: " + err.Error())
	}
	s := &Store{
		cfg: cfg, clock: clock, log: log, tags: newCatalog(cfg.Tags), packer: packer, unpacker: unpacker,
		encoder: encoder{zstd: packer}, readers: map[string]*reader{},
		epochs: map[uint64]epoch{}, upstreams: map[string]*cursor{}, grown: make(chan struct{}),
		ledger: map[gapKey]agent.Event{}, rejected: map[string]int{},
	}
	for _, name := range cfg.Upstreams {
		s.upstreams[name] = &cursor{}
		s.readers[name] = s.newReader()
		s.rejected[name] = 0
	}
	return s, nil
}

// Close writes the cursors and closes the files.
func (s *Store) Close() error {
	s.mu.Lock()
	if s.closed || s.meta == nil {
		s.mu.Unlock()
		return nil
	}
	s.closed = true
	close(s.grown)
	s.mu.Unlock()

	s.seal()
	errs := []error{s.persist()}
	s.mu.Lock()
	segments := s.segments
	s.mu.Unlock()
	for _, g := range segments {
		errs = append(errs, g.leave())
	}
	if s.kept != nil {
		errs = append(errs, s.kept.close())
	}
	errs = append(errs, s.meta.close())
	s.unpacker.Close()
	return errors.Join(errs...)
}

// gapKey identifies a gap in the ledger.
type gapKey struct{ from, to uint64 }

// note enters a gap into the ledger; its rows are its own, without those of
// gaps it took in. The caller holds mu.
func (s *Store) note(e agent.Event) {
	key := gapKey{e.Gap.From.Seq, e.Gap.To.Seq}
	s.ledger[key] = e
	s.pending = append(s.pending, func(tx *bolt.Tx) error { return putGap(tx, key, e) })
}

// unitMark follows where the newest unit begins: a source batch and the own
// batch it caused belong together.
type unitMark struct {
	from   uint64
	source agent.Mark // the newest batch when it is a source's
}

func (u *unitMark) take(b *agent.Batch) {
	first, _ := b.Stands()
	if b.Source != agent.Own {
		*u = unitMark{from: b.Seq, source: b.Mark}
		return
	}
	if first != b.Seq || u.source != (agent.Mark{Epoch: b.Epoch, Seq: b.Seq - 1}) {
		u.from = first
	}
	u.source = agent.Mark{}
}

func (s *Store) upstream(name string) (*cursor, error) {
	c, ok := s.upstreams[name]
	if !ok {
		return nil, fmt.Errorf("upstream %q is not configured; add it to upstreams or correct the name", name)
	}
	return c, nil
}
