package buffer

import bolt "go.etcd.io/bbolt"

// rejectedRows reads the rows set aside, oldest first.
func (s *Store) rejectedRows() (all []rejectedBatch, err error) {
	rd := s.newReader()
	err = s.meta.view(func(tx *bolt.Tx) error {
		known, err := s.tags.tables(tx)
		if err != nil {
			return err
		}
		return forEach(tx.Bucket(bucketRejected), func(_, value []byte) error {
			r, err := openRejected(value)
			if err != nil {
				return err
			}
			b, err := rd.dec.batch(r.frame, known)
			all = append(all, rejectedBatch{r, b})
			return err
		})
	})
	return all, err
}
