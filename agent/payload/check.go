package payload

import (
	"errors"
	"fmt"

	"recoup/agent"
)

// check refuses what no delivery is, on the way out as on the way in.
func check(d agent.Delivery) error {
	switch {
	case d.Epoch == 0:
		return errors.New("a delivery without an epoch")
	case d.From < 1 || d.To < d.From:
		return fmt.Errorf("a delivery from %d to %d: it must begin at 1 or later and not end before", d.From, d.To)
	case d.Rows != (agent.Rows{}) && (len(d.Batches) != 1 || d.Batches[0].Seq != d.To || d.Rows.From < 0 || d.Rows.To <= d.Rows.From):
		return fmt.Errorf("rows %d to %d of %d batches numbered %d to %d: rows are a part of one batch", d.Rows.From, d.Rows.To, len(d.Batches), d.From, d.To)
	}
	last := d.From - 1
	for _, b := range d.Batches {
		switch {
		case b.Epoch != d.Epoch:
			return fmt.Errorf("batch %s in a delivery of epoch %016x", b.Mark, d.Epoch)
		case b.Seq <= last || b.Seq > d.To:
			return fmt.Errorf("batch %s out of order in a delivery from %d to %d", b.Mark, d.From, d.To)
		case b.Source == "":
			return fmt.Errorf("batch %s has no source", b.Mark)
		}
		last = b.Seq
	}
	// A batch that is still whole, or was cut twice, would pass for the part.
	if want := d.Rows.To - d.Rows.From; !d.Rows.All() && d.Batches[0].Rows() != want {
		return fmt.Errorf("batch %s holds %d rows where %d are meant", d.Batches[0].Mark, d.Batches[0].Rows(), want)
	}
	return nil
}
