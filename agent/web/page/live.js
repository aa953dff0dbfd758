// Puts fresh parts of the page in place every 2 s, and says so when the agent
// no longer answers: an old figure must not look like a new one.
"use strict";
(() => {
  const every = 2000, patience = 5000;
  const body = document.body, lost = document.getElementById("lost");
  let fresh = document.getElementById("now").textContent;

  // place puts new content in, keeping what the reader opened or closed.
  const place = (old, part) => {
    if (!old || !part || old.innerHTML === part.innerHTML) return;
    const toggled = new Map();
    old.querySelectorAll("details[id]").forEach((d) => { if (d.dataset.touched) toggled.set(d.id, d.open); });
    old.innerHTML = part.innerHTML;
    old.querySelectorAll("details[id]").forEach((d) => {
      if (!toggled.has(d.id)) return;
      d.open = toggled.get(d.id);
      d.dataset.touched = "1";
    });
  };

  document.addEventListener("click", (e) => {
    const summary = e.target.closest("summary");
    if (summary) summary.parentElement.dataset.touched = "1";
  });

  const say = (answers) => {
    body.classList.toggle("old", !answers);
    lost.hidden = answers;
    const text = body.dataset.lost + fresh + "." + body.dataset.advice;
    if (!answers && lost.textContent !== text) lost.textContent = text;
  };

  const refresh = async () => {
    const reply = await fetch(body.dataset.live, { cache: "no-store", signal: AbortSignal.timeout(patience) });
    if (!reply.ok) throw new Error(reply.statusText);
    const next = new DOMParser().parseFromString(await reply.text(), "text/html");
    const selecting = !(document.getSelection() || { isCollapsed: true }).isCollapsed;
    ["kpis", "diagnoses", "sources", "tags", "buffer", "upstreams", "events"].forEach((id) => {
      if (!selecting) place(document.getElementById(id + "-live"), next.getElementById(id + "-live"));
    });
    place(document.getElementById("status"), next.getElementById("status-live"));
    const now = document.getElementById("now"), time = next.getElementById("now");
    now.textContent = fresh = time.textContent;
    now.dateTime = time.dateTime;
  };

  const turn = async () => {
    if (!document.hidden) {
      try { await refresh(); say(true); } catch { say(false); }
    }
    setTimeout(turn, every);
  };
  setTimeout(turn, every);
})();
