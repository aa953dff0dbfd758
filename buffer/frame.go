package buffer

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"github.com/klauspost/compress/zstd"

	"recoup/agent"
)

// A frame is one batch on disk. Its head says enough to be found in the ruins
// of a file; its CRC covers all before it. State is not in the frame: a segment
// keeps the newest one only.
//
//	magic 4 | version 1 | codec 1 | flags 2 | epoch 8 | seq 8 | generation 4 |
//	rows 4 | columns 4 | first timestamp 8 | payload length 4 | payload | CRC32C 4
const (
	frameMagic   = "RcpF"
	frameVersion = 1
	headSize     = 48
	sumSize      = 4
	leastFrame   = headSize + sumSize

	rawCodec  = 0
	zstdCodec = 1

	packFrom = 120     // bytes; smaller payloads do not get smaller
	rawLimit = 1 << 28 // bytes that a payload may unpack to
)

// Flags of a frame.
const (
	flagOwn uint16 = 1 << iota
	flagMore
	flagBackfill
	flagPrev
	flagErr
	flagHeld
	flagResults
	flagEvents
	flagMixed // readings of several generations
)

var (
	errFrame   = errors.New("damaged frame")
	castagnoli = crc32.MakeTable(crc32.Castagnoli)
)

func checksum(b []byte) uint32 { return crc32.Checksum(b, castagnoli) }

// head is what a frame says before its payload.
type head struct {
	codec         byte
	flags         uint16
	mark          agent.Mark
	gen           uint32
	rows, columns uint32 // readings, and the distinct tags among them
	first         int64  // nanoseconds since 1970 of the first reading, else of receipt
}

func (h *head) has(flag uint16) bool { return h.flags&flag != 0 }

// newPacker makes what all encoders share. Its EncodeAll may be called by many.
func newPacker() (*zstd.Encoder, error) {
	return zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1),
		zstd.WithEncoderCRC(false), zstd.WithLowerEncoderMem(true), zstd.WithSingleSegment(true))
}

func newUnpacker() (*zstd.Decoder, error) {
	return zstd.NewReader(nil, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
		zstd.WithDecoderMaxMemory(rawLimit), zstd.WithDecodeAllCapLimit(true))
}

// encoder turns batches into frames. It has one owner at a time.
type encoder struct {
	zstd    *zstd.Encoder
	payload []byte
	item    []byte
	columns scratch
}

// frame appends b's frame to dst.
func (e *encoder) frame(dst []byte, b *agent.Batch) []byte {
	h := head{flags: flagsOf(b), mark: b.Mark, rows: uint32(len(b.Readings)), first: nanos(b.Received)}
	if len(b.Readings) > 0 {
		h.gen, h.first = b.Readings[0].Tag.Gen, nanos(b.Readings[0].Time)
		h.columns = uint32(e.columns.distinct(b.Readings))
	}
	e.payload = e.body(e.payload[:0], b, h.flags)
	from := len(dst)
	dst = h.append(dst)
	if len(e.payload) >= packFrom {
		dst = e.pack(dst, from)
	} else {
		dst = append(dst, e.payload...)
	}
	binary.LittleEndian.PutUint32(dst[from+headSize-4:], uint32(len(dst)-from-headSize))
	return binary.LittleEndian.AppendUint32(dst, checksum(dst[from:]))
}

// pack appends the payload compressed, or as it is when that is smaller.
func (e *encoder) pack(dst []byte, from int) []byte {
	body := len(dst)
	dst = binary.AppendUvarint(dst, uint64(len(e.payload)))
	dst = e.zstd.EncodeAll(e.payload, dst)
	if len(dst)-body >= len(e.payload) {
		return append(dst[:body], e.payload...)
	}
	dst[from+5] = zstdCodec
	return dst
}

func (h *head) append(dst []byte) []byte {
	le := binary.LittleEndian
	dst = append(append(dst, frameMagic...), frameVersion, h.codec)
	dst = le.AppendUint16(dst, h.flags)
	dst = le.AppendUint64(le.AppendUint64(dst, h.mark.Epoch), h.mark.Seq)
	dst = le.AppendUint32(dst, h.gen)
	dst = le.AppendUint32(le.AppendUint32(dst, h.rows), h.columns)
	dst = le.AppendUint64(dst, uint64(h.first))
	return append(dst, 0, 0, 0, 0)
}

func flagsOf(b *agent.Batch) (flags uint16) {
	set := func(flag uint16, is bool) {
		if is {
			flags |= flag
		}
	}
	set(flagOwn, b.Source == agent.Own)
	set(flagMore, b.More)
	set(flagBackfill, b.Backfill)
	set(flagPrev, b.Prev != agent.Mark{})
	set(flagErr, b.Err != agent.Reason{})
	set(flagHeld, !b.HeldUntil.IsZero())
	set(flagResults, len(b.Results) > 0)
	set(flagEvents, len(b.Events) > 0)
	for i := range b.Readings {
		if b.Readings[i].Tag.Gen != b.Readings[0].Tag.Gen {
			set(flagMixed, true)
			break
		}
	}
	return flags
}

func (e *encoder) body(dst []byte, b *agent.Batch, flags uint16) []byte {
	if flags&flagOwn == 0 {
		dst = appendString(dst, b.Source)
	}
	dst = appendTime(dst, b.Received)
	dst = binary.LittleEndian.AppendUint64(dst, b.Boot)
	dst = binary.AppendUvarint(dst, b.Mono)
	dst = binary.AppendVarint(dst, int64(b.Took))
	if flags&flagPrev != 0 {
		dst = appendMark(dst, b.Prev)
	}
	if flags&flagErr != 0 {
		dst = appendReason(dst, b.Err)
	}
	if flags&flagHeld != 0 {
		dst = appendTime(dst, b.HeldUntil)
	}
	if len(b.Readings) > 0 {
		dst = e.columns.readings(dst, b.Readings, flags&flagMixed != 0)
	}
	if flags&flagResults != 0 {
		dst = binary.AppendUvarint(dst, uint64(len(b.Results)))
		for i := range b.Results {
			e.item = appendResult(e.item[:0], &b.Results[i])
			dst = append(binary.AppendUvarint(dst, uint64(len(e.item))), e.item...)
		}
	}
	if flags&flagEvents != 0 {
		dst = binary.AppendUvarint(dst, uint64(len(b.Events)))
		for i := range b.Events {
			dst = appendEvent(dst, &b.Events[i])
		}
	}
	return dst
}

// openFrame checks a frame and gives its head and payload.
func openFrame(frame []byte) (h head, payload []byte, err error) {
	if len(frame) < leastFrame || string(frame[:4]) != frameMagic {
		return h, nil, fmt.Errorf("no frame: %w", errFrame)
	}
	le := binary.LittleEndian
	end := len(frame) - sumSize
	if checksum(frame[:end]) != le.Uint32(frame[end:]) {
		return h, nil, fmt.Errorf("checksum: %w", errFrame)
	}
	if frame[4] != frameVersion {
		return h, nil, fmt.Errorf("frame of version %d: %w", frame[4], errFrame)
	}
	if uint64(le.Uint32(frame[headSize-4:])) != uint64(end-headSize) {
		return h, nil, fmt.Errorf("length: %w", errFrame)
	}
	return peek(frame), frame[headSize:end], nil
}

// peek reads the head of a frame that is at least headSize long, unchecked.
func peek(frame []byte) head {
	le := binary.LittleEndian
	return head{
		codec: frame[5], flags: le.Uint16(frame[6:]),
		mark: agent.Mark{Epoch: le.Uint64(frame[8:]), Seq: le.Uint64(frame[16:])},
		gen:  le.Uint32(frame[24:]), rows: le.Uint32(frame[28:]), columns: le.Uint32(frame[32:]),
		first: int64(le.Uint64(frame[36:])),
	}
}

// decoder turns frames into batches. It has one owner at a time.
type decoder struct {
	zstd  *zstd.Decoder
	raw   []byte
	names map[string]string

	columns unscratch

	// wanted, when set, says which results are worth their memory.
	wanted func(kpi string, kind agent.WindowKind, start time.Time) bool
}

// batch decodes a frame, whose tags are in known. The batch shares no memory
// with the frame.
func (d *decoder) batch(frame []byte, known tables) (*agent.Batch, error) {
	h, payload, err := openFrame(frame)
	if err != nil {
		return nil, err
	}
	return d.body(h, payload, known)
}

func (d *decoder) body(h head, payload []byte, known tables) (*agent.Batch, error) {
	raw, err := d.unpack(h.codec, payload)
	if err != nil {
		return nil, err
	}
	in := input{b: raw, names: d.names, columns: &d.columns}
	b := &agent.Batch{Mark: h.mark, Source: agent.Own, More: h.has(flagMore), Backfill: h.has(flagBackfill)}
	if !h.has(flagOwn) {
		b.Source = in.name()
	}
	b.Received, b.Boot, b.Mono, b.Took = in.time(), in.uint64(), in.uvarint(), time.Duration(in.varint())
	if h.has(flagPrev) {
		b.Prev = in.mark()
	}
	if h.has(flagErr) {
		b.Err = in.reason()
	}
	if h.has(flagHeld) {
		b.HeldUntil = in.time()
	}
	if h.rows > 0 && !in.bad {
		b.Readings = in.readings(int(h.rows), h.gen, h.has(flagMixed), known)
	}
	if h.has(flagResults) {
		b.Results = in.results(d.wanted)
	}
	if h.has(flagEvents) {
		b.Events = in.events()
	}
	if in.bad || len(in.b) > 0 {
		return nil, fmt.Errorf("payload of batch %s: %w", h.mark, errFrame)
	}
	return b, nil
}

// unpack gives the payload uncompressed, in memory that the next call reuses.
// The length written before the compressed bytes bounds what it may take.
func (d *decoder) unpack(codec byte, payload []byte) ([]byte, error) {
	switch codec {
	case rawCodec:
		return payload, nil
	case zstdCodec:
	default:
		return nil, fmt.Errorf("codec %d: %w", codec, errFrame)
	}
	size, n := binary.Uvarint(payload)
	var zh zstd.Header
	if n <= 0 || size > rawLimit || zh.Decode(payload[n:]) != nil || !zh.HasFCS || zh.FrameContentSize != size {
		return nil, fmt.Errorf("unpacked length: %w", errFrame)
	}
	if uint64(cap(d.raw)) < size {
		d.raw = make([]byte, 0, size)
	}
	raw, err := d.zstd.DecodeAll(payload[n:], d.raw[:0:size])
	if err != nil || uint64(len(raw)) != size {
		return nil, fmt.Errorf("unpacking (%v): %w", err, errFrame)
	}
	return raw, nil
}

// nanos gives t as nanoseconds since 1970, held within what they can say.
func nanos(t time.Time) int64 {
	const least, most = -1 << 63, 1<<63 - 1
	switch sec := t.Unix(); {
	case sec < least/1_000_000_000:
		return least
	case sec >= most/1_000_000_000:
		return most
	}
	return t.UnixNano()
}
