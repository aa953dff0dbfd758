package buffer

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"sync"

	bolt "go.etcd.io/bbolt"

	"recoup/agent"
)

var errRecord = errors.New("damaged record")

// sealed gives v as JSON behind its CRC; unseal is the inverse. All small
// records are kept so, readable to people with a hex viewer.
func sealed(v any) ([]byte, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	sum := binary.LittleEndian.AppendUint32(nil, checksum(text))
	return append(sum, text...), nil
}

func unseal(b []byte, into any) error {
	if len(b) < sumSize || checksum(b[sumSize:]) != binary.LittleEndian.Uint32(b) {
		return errRecord
	}
	if err := json.Unmarshal(b[sumSize:], into); err != nil {
		return fmt.Errorf("%w: %w", errRecord, err)
	}
	return nil
}

// catalog knows the tags of every generation met so far, so that batches read
// from many files point to one copy of each tag.
type catalog struct {
	current tables // the running configuration's

	mu    sync.Mutex // guards known
	known map[catalogKey][]*agent.Tag
}

type catalogKey struct {
	gen, sum uint32
	size     int
}

func newCatalog(tags []*agent.Tag) *catalog {
	return &catalog{current: tablesOf(tags), known: map[catalogKey][]*agent.Tag{}}
}

// tablesOf places tags by generation and index.
func tablesOf(tags []*agent.Tag) tables {
	t := tables{}
	for _, tag := range tags {
		t.place(tag)
	}
	return t
}

func (t tables) place(tag *agent.Tag) {
	checkIndex(tag)
	table := t[tag.Gen]
	for len(table) <= tag.Index {
		table = append(table, nil)
	}
	table[tag.Index] = tag
	t[tag.Gen] = table
}

// tables gives the tags that a file's bucket holds.
func (c *catalog) tables(tx *bolt.Tx) (tables, error) {
	found := tables{}
	bucket := tx.Bucket(bucketTags)
	if bucket == nil {
		return found, nil
	}
	return found, forEach(bucket, func(key, value []byte) error {
		if len(key) != 4 || len(value) < sumSize {
			return fmt.Errorf("tags: %w", errRecord)
		}
		gen := binary.BigEndian.Uint32(key)
		table, err := c.table(gen, value)
		found[gen] = table
		return err
	})
}

func (c *catalog) table(gen uint32, value []byte) ([]*agent.Tag, error) {
	key := catalogKey{gen, binary.LittleEndian.Uint32(value), len(value)}
	c.mu.Lock()
	defer c.mu.Unlock()
	if table, known := c.known[key]; known {
		return table, nil
	}
	var stored []*agent.Tag
	if err := unseal(value, &stored); err != nil {
		return nil, fmt.Errorf("tags of generation %08x: %w", gen, err)
	}
	t := tables{}
	for _, tag := range stored {
		if tag == nil || tag.Gen != gen || tag.Index < 0 || tag.Index >= maxIndex {
			return nil, fmt.Errorf("tags of generation %08x: %w", gen, errRecord)
		}
		if now := c.current.tag(gen, int64(tag.Index)); now != nil && now.Name == tag.Name {
			tag = now
		}
		t.place(tag)
	}
	c.known[key] = t[gen]
	return t[gen], nil
}

// learn places the tags of the batches in known, and gives the generations that
// have become larger by it. A generation begins with all its tags when it is
// the current one.
func (c *catalog) learn(known tables, batches []*agent.Batch) (grown map[uint32]bool) {
	for _, b := range batches {
		for i := range b.Readings {
			tag := b.Readings[i].Tag
			if known.tag(tag.Gen, int64(tag.Index)) == tag {
				continue
			}
			if c.learnTag(known, tag) {
				if grown == nil {
					grown = map[uint32]bool{}
				}
				grown[tag.Gen] = true
			}
		}
	}
	return grown
}

func (c *catalog) learnTag(known tables, tag *agent.Tag) (grown bool) {
	if _, begun := known[tag.Gen]; !begun {
		for _, one := range c.current[tag.Gen] {
			if one != nil {
				known.place(one)
				grown = true
			}
		}
	}
	switch old := known.tag(tag.Gen, int64(tag.Index)); {
	case old == nil:
		known.place(tag)
		return true
	case old.Name != tag.Name:
		panic(fmt.Sprintf("BUG: tags %s and %s share generation %08x and index %d", old.Name, tag.Name, tag.Gen, tag.Index))
	}
	return grown
}

// writeTags puts the generations into the file's bucket.
func writeTags(tx *bolt.Tx, known tables, gens map[uint32]bool) error {
	for gen := range gens {
		var list []*agent.Tag
		for _, tag := range known[gen] {
			if tag != nil {
				list = append(list, tag)
			}
		}
		value, err := sealed(list)
		if err != nil {
			return fmt.Errorf("tags of generation %08x: %w", gen, err)
		}
		if err := tx.Bucket(bucketTags).Put(binary.BigEndian.AppendUint32(nil, gen), value); err != nil {
			return err
		}
	}
	return nil
}
