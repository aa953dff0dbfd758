package opcua

import (
	"errors"
	"testing"

	"recoup/agent"
)

func TestParseNode(t *testing.T) {
	cases := []struct{ at, want string }{
		{"ns=2;s=acid.feed_flow", "ns=2;s=acid.feed_flow"},
		{"ns=2;s=a;b=c", "ns=2;s=a;b=c"},
		{"s=plain", "s=plain"},
		{"i=2258", "i=2258"},
		{"ns=4;i=1001", "ns=4;i=1001"},
		{"ns=65535;i=4294967295", "ns=65535;i=4294967295"},
		{"ns=1;g=09087e75-8e5e-499b-954f-f2a9603db28a", "ns=1;g=09087E75-8E5E-499B-954F-F2A9603DB28A"},
		{"ns=1;b=AQID", "ns=1;b=AQID"},
		{"", ""}, {"acid.feed_flow", ""}, {"ns=2", ""}, {"ns=2;", ""}, {"ns=2;s=", ""}, {"ns=2;x=1", ""}, {"ns=65536;i=1", ""}, {"ns=-1;i=1", ""},
		{"ns=1;i=x", ""}, {"ns=1;i=4294967296", ""}, {"ns=1;g=12", ""}, {"ns=1;b=*", ""}, {"nsu=urn:a;s=b", ""}, {"holding 100", ""}, {"ns=2; s=a", ""},
	}
	for _, c := range cases {
		n, err := parseNode(c.at)
		var faults agent.Faults
		switch {
		case c.want == "" && (!errors.As(err, &faults) || len(faults) != 1 || faults[0].Fix == ""):
			t.Errorf("parseNode(%q) = %v, %v; want one fault that says what to write", c.at, n.id, err)
		case c.want != "" && (err != nil || n.id.String() != c.want):
			t.Errorf("parseNode(%q) = %v, %v; want %s", c.at, n.id, err, c.want)
		}
	}
}
