package modbus

import (
	"encoding/binary"
	"fmt"
	"math"
	"testing"

	"github.com/goburrow/modbus"

	"recoup/agent"
)

const benchTags = 1000 // float32, one after the other: 17 requests

func BenchmarkRead1000Float32(b *testing.B) {
	ats := make([]string, benchTags)
	for i := range ats {
		ats[i] = fmt.Sprintf("holding %d float32 cdab", 2*i)
	}
	tags := tagsAt(ats...)
	d := openDriver(b, newPeer(b), "", tags)
	readings := make([]agent.Reading, 0, benchTags)
	b.ReportAllocs()
	for b.Loop() {
		batch := agent.Batch{Readings: readings}
		if _, err := d.Read(b.Context(), tags, &batch); err != nil || len(batch.Readings) != benchTags {
			b.Fatalf("Read = %d readings, %v", len(batch.Readings), err)
		}
	}
}

// BenchmarkBare1000Float32 makes the same requests with goburrow alone and
// decodes them without any check, to compare with.
func BenchmarkBare1000Float32(b *testing.B) {
	handler := modbus.NewTCPClientHandler(newPeer(b).addr)
	handler.SlaveId = 1
	defer handler.Close()
	client := modbus.NewClient(handler)
	values := make([]float32, 0, benchTags)
	b.ReportAllocs()
	for b.Loop() {
		values = values[:0]
		for start := 0; start < 2*benchTags; start += 124 {
			data, err := client.ReadHoldingRegisters(uint16(start), uint16(min(124, 2*benchTags-start)))
			if err != nil {
				b.Fatal(err)
			}
			for ; len(data) > 0; data = data[4:] {
				low, high := binary.BigEndian.Uint16(data), binary.BigEndian.Uint16(data[2:])
				values = append(values, math.Float32frombits(uint32(high)<<16|uint32(low)))
			}
		}
		if len(values) != benchTags {
			b.Fatalf("%d values", len(values))
		}
	}
}
