//! What happened when, on the host's threads and on the device, as a Chrome trace.
//!
//! # Source
//! *Trace Event Format*, the Chromium project: complete events (`X`) with times in microseconds, and metadata
//! (`M`) that name processes and threads.

use std::sync::{Arc, Mutex, PoisonError};
use std::thread::ThreadId;
use std::time::Instant;

use gatefold::gpu::DispatchTime;
use serde_json::{Value, json};
use tracing::span::Id;
use tracing::{Metadata, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;

/// Rows of the time line: processes in the format's words.
const HOST: u32 = 1;
const DEVICE: u32 = 2;

/// Collects spans of the host; clones collect into the same.
#[derive(Clone)]
pub struct Timeline {
    origin: Instant,
    spans: Arc<Mutex<Vec<HostSpan>>>,
}

/// A span between entry and exit.
#[derive(Debug, Clone)]
struct HostSpan {
    name: &'static str,
    thread: ThreadId,
    thread_name: String,
    begin: Instant,
    end: Instant,
}

/// When a span was entered, kept with it.
struct SpanEntry(Instant);

impl Timeline {
    /// Begins now.
    pub fn new() -> Timeline {
        Timeline {
            origin: Instant::now(),
            spans: Arc::default(),
        }
    }

    /// Forgets what happened so far.
    pub fn clear(&self) {
        self.collected().clear();
    }

    fn collected(&self) -> std::sync::MutexGuard<'_, Vec<HostSpan>> {
        // Spans are pushed whole: what another thread left behind when it panicked is sound.
        self.spans.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The trace of the spans so far and of these kernels.
    pub fn chrome_trace(&self, kernels: &[DispatchTime], adapter: &str) -> Value {
        let mut spans = self.collected().clone();
        // Of two that begin at once the longer one is around the other.
        spans.sort_by_key(|span| (span.begin, std::cmp::Reverse(span.end)));
        let microseconds =
            |at: Instant| at.saturating_duration_since(self.origin).as_nanos() as f64 / 1e3;
        let mut threads: Vec<ThreadId> = Vec::new();
        let mut events = vec![
            named("process_name", HOST, 0, "host"),
            named("process_name", DEVICE, 0, "device"),
            named("thread_name", DEVICE, 0, adapter),
        ];
        for span in &spans {
            let known = threads.iter().position(|thread| *thread == span.thread);
            let thread = known.unwrap_or_else(|| {
                threads.push(span.thread);
                let thread = threads.len() - 1;
                events.push(named("thread_name", HOST, thread, &span.thread_name));
                thread
            });
            events.push(json!({
                "name": span.name, "cat": "host", "ph": "X", "ts": microseconds(span.begin),
                "dur": (span.end - span.begin).as_nanos() as f64 / 1e3, "pid": HOST, "tid": thread,
            }));
        }
        for kernel in kernels {
            events.push(json!({
                "name": kernel.label, "cat": "device", "ph": "X", "ts": microseconds(kernel.begin),
                "dur": kernel.time.as_nanos() as f64 / 1e3, "pid": DEVICE, "tid": 0,
                "args": {"kernel": kernel.specialised, "flops": kernel.flops, "bytes": kernel.bytes},
            }));
        }
        json!({"displayTimeUnit": "ms", "traceEvents": events})
    }
}

fn named(what: &str, process: u32, thread: usize, name: &str) -> Value {
    json!({"name": what, "ph": "M", "pid": process, "tid": thread, "args": {"name": name}})
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Timeline {
    fn on_enter(&self, id: &Id, context: Context<'_, S>) {
        if let Some(span) = context.span(id) {
            span.extensions_mut().replace(SpanEntry(Instant::now()));
        }
    }

    fn on_exit(&self, id: &Id, context: Context<'_, S>) {
        let end = Instant::now();
        let Some(span) = context.span(id) else {
            return;
        };
        let Some(SpanEntry(begin)) = span.extensions_mut().remove::<SpanEntry>() else {
            return;
        };
        let thread = std::thread::current();
        self.collected().push(HostSpan {
            name: span.name(),
            thread: thread.id(),
            thread_name: thread.name().unwrap_or("unnamed").to_string(),
            begin,
            end,
        });
    }
}

/// Takes gatefold's own spans, and no events.
pub struct OwnSpans;

impl<S> Filter<S> for OwnSpans {
    fn enabled(&self, metadata: &Metadata<'_>, _: &Context<'_, S>) -> bool {
        metadata.is_span() && metadata.target().starts_with("gatefold")
    }
}
