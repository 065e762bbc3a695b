// An event in time: a countdown before it, what is left of it, and that it is over; who is there now.

import { listen } from "./offline-page.ts";

export type Phase = "before" | "live" | "after";

/** Which of the three it is; the end no longer belongs to the event. */
export function phaseAt(starts: number, ends: number, now: number): Phase {
  return now < starts ? "before" : now < ends ? "live" : "after";
}

/** "3 days 4 h", "4 h 5 min", "6 min", "less than a minute": what a person plans with. */
export function left(milliseconds: number): string {
  const minutes = Math.ceil(milliseconds / 60_000);
  if (milliseconds < 60_000) return "less than a minute";
  const [days, hours] = [Math.floor(minutes / 1440), Math.floor((minutes % 1440) / 60)];
  if (days > 0) return `${days} day${days === 1 ? "" : "s"}${hours > 0 ? ` ${hours} h` : ""}`;
  return hours > 0 ? `${hours} h ${minutes % 60} min` : `${minutes} min`;
}

/** Whether `now` lies in one of the stays, written "start/end start/end". */
export function isThere(stays: string, now: number): boolean {
  return stays.split(" ").some((stay) => {
    const [starts, ends] = stay.split("/").map((text) => Date.parse(text));
    return starts !== undefined && ends !== undefined && starts <= now && now < ends;
  });
}

const PERIOD_MS = 15_000;

/** Show the phase of the event in `box`, now and as time goes by; returns the clean-up. */
export function mount(box: HTMLElement): () => void {
  const starts = Date.parse(box.dataset["starts"] ?? "");
  const ends = Date.parse(box.dataset["ends"] ?? "");
  if (Number.isNaN(starts) || Number.isNaN(ends)) return () => {};
  const show = (): void => {
    const now = Date.now();
    const phase = phaseAt(starts, ends, now);
    for (const part of box.querySelectorAll<HTMLElement>("[data-bz-phase]")) {
      part.hidden = part.dataset["bzPhase"] !== phase;
      const figure = part.querySelector("[data-bz-countdown]");
      if (figure !== null && !part.hidden) figure.textContent = left((phase === "before" ? starts : ends) - now);
    }
    for (const row of document.querySelectorAll<HTMLElement>("[data-bz-stays]")) {
      row.classList.toggle("sprint-there", isThere(row.dataset["bzStays"] ?? "", now));
    }
  };
  show();
  const timer = window.setInterval(show, PERIOD_MS);
  const stop = listen(document);
  return () => {
    window.clearInterval(timer);
    stop();
  };
}
