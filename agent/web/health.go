package web

import (
	"net/http"
	"strings"

	"recoup/agent"
)

// serveHealth says that the process serves; watchdogs ask it.
func serveHealth(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	write(w, []byte("ok\n"))
}

// serveReady says whether readings are taken in and kept.
func (s *Server) serveReady(w http.ResponseWriter, _ *http.Request) {
	snap := s.board.Snapshot()
	why := unready(&snap)
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	if len(why) > 0 {
		w.WriteHeader(http.StatusServiceUnavailable)
		write(w, []byte(strings.Join(why, "\n")+"\n"))
		return
	}
	write(w, []byte("ready\n"))
}

func unready(snap *agent.Snapshot) (why []string) {
	if !started(snap) {
		why = append(why, "starting: nothing has been recorded yet")
	}
	trouble := snap.Commit.Err != ""
	if trouble {
		why = append(why, "disk: "+snap.Commit.Err)
	}
	for _, e := range snap.Active {
		if e.Kind == agent.DiskTrouble && !trouble {
			why = append(why, "disk: "+e.Reason.Code.String()+" "+e.Reason.Detail)
		}
	}
	return why
}
