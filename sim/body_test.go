package sim

import (
	"fmt"
	"strings"
)

const (
	epochA = "00000000000000aa"
	epochB = "00000000000000bb"
	epochC = "00000000000000cc"
)

// body writes deliveries for the tests below.
type body struct {
	epoch    string
	prev     Mark
	from, to uint64
	extra    string   // fields of the delivery, each followed by a comma
	batches  []string // nil: one of two readings for each number
}

func (b body) String() string {
	if b.batches == nil {
		for seq := b.from; seq <= b.to; seq++ {
			b.batches = append(b.batches, batch(seq, 2))
		}
	}
	if b.prev.Epoch == "" {
		b.prev.Epoch = "0000000000000000"
	}
	return fmt.Sprintf(`{"version":1,"plant":{"id":"p"},"epoch":%q,"prev":{"epoch":%q,"seq":%d},"from":%d,"to":%d,%s"batches":[%s]}`,
		b.epoch, b.prev.Epoch, b.prev.Seq, b.from, b.to, b.extra, strings.Join(b.batches, ","))
}

// key is as an agent makes it.
func (b body) key() string { return fmt.Sprintf("p/%s/%d-%d/%q", b.epoch, b.from, b.to, b.extra) }

// batch gives a batch of n readings: 1000·seq + row.
func batch(seq uint64, n int) string { return partOf(seq, 0, n) }

func partOf(seq uint64, from, to int) string {
	var rows []string
	for row := from; row < to; row++ {
		rows = append(rows, fmt.Sprintf(`{"tag":"mill.q_in","time":"2026-03-01T00:00:00Z","value":%d,"quality":"good"}`, 1000*seq+uint64(row)))
	}
	return fmt.Sprintf(`{"seq":%d,"source":"mill","received":"2026-03-01T00:00:00.5Z","readings":[%s]}`, seq, strings.Join(rows, ","))
}

// standIn gives a batch whose gap event stands for from…seq.
func standIn(epoch string, from, seq uint64, rows int) string {
	return fmt.Sprintf(`{"seq":%d,"source":"recoup","received":"2026-03-01T00:00:00Z","results":[{"kpi":"k"}],"events":[{"kind":"gap",`+
		`"gap":{"from":{"epoch":%q,"seq":%d},"to":{"epoch":%q,"seq":%d},"rows":{"mill":%d,"lab":1}}}]}`, seq, epoch, from, epoch, seq, rows)
}
