//! How a run is told on stderr: a bar on a terminal, lines elsewhere, nothing when quiet. Never on stdout.

mod bar;
mod lines;

use std::sync::{Arc, Mutex, PoisonError};

use writeback_host::{Level, Progress, Step};

use crate::render::paint::{Paint, Tone};
use crate::settings::{Settings, Talk};
use bar::Bar;
use lines::Lines;

/// Tells one run.
pub struct Teller {
    shape: Mutex<Shape>,
    talk: Talk,
    paint: Paint,
}

enum Shape {
    Bar(Bar),
    Lines(Lines),
    Nothing,
}

impl Teller {
    /// For the job called `name`. Diagnostics (`-v`) and a bar would overwrite each other: then it is lines.
    pub fn new(settings: &Settings, name: &str) -> Arc<Self> {
        let shape = match settings.talk {
            Talk::Quiet => Shape::Nothing,
            Talk::Normal if settings.terminal => Shape::Bar(Bar::new(name, settings.stderr)),
            _ => Shape::Lines(Lines::new(name)),
        };
        Arc::new(Self {
            shape: Mutex::new(shape),
            talk: settings.talk,
            paint: settings.stderr,
        })
    }

    /// Takes the bar away, so that what follows starts on a clean line.
    pub fn finish(&self) {
        if let Shape::Bar(bar) = &*self.shape() {
            bar.clear();
        }
    }

    /// One line for people, above the bar if there is one.
    pub fn say(&self, line: &str) {
        match &*self.shape() {
            Shape::Bar(bar) => bar.above(line),
            Shape::Lines(_) => eprintln!("{line}"),
            Shape::Nothing => {}
        }
    }

    fn shape(&self) -> std::sync::MutexGuard<'_, Shape> {
        self.shape.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Progress for Teller {
    fn report(&self, step: Step) {
        match &mut *self.shape() {
            Shape::Bar(bar) => bar.show(&step),
            Shape::Lines(lines) => {
                if let Some(line) = lines.next(&step) {
                    eprintln!("{line}");
                }
            }
            Shape::Nothing => {}
        }
    }

    fn log(&self, level: Level, text: &str) {
        let (needed, label, tone) = match level {
            Level::Warn => (Talk::Normal, "warning:", Tone::Doubtful),
            Level::Info => (Talk::Verbose, "info:", Tone::Faint),
            Level::Debug => (Talk::Debug, "debug:", Tone::Faint),
        };
        if self.talk >= needed {
            self.say(&format!("{} {text}", self.paint.tone(tone, label)));
        }
    }
}
