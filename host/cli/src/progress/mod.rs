//! How a run is told on stderr: a bar on a terminal, lines elsewhere, nothing when quiet. Never on stdout.

mod bar;
mod lines;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use writeback_host::{Level, Progress, Step};

use crate::render::paint::{Paint, Tone};
use crate::settings::{Settings, Talk};
use bar::Bar;
use lines::Lines;

/// What is said while another run has the place.
const QUEUED: &str = "waiting for another run that writes the same file";

/// Tells one run.
pub struct Teller {
    shape: Mutex<Shape>,
    held: Option<Mutex<Vec<String>>>,
    talk: Talk,
    paint: Paint,
}

enum Shape {
    Bar(Bar),
    Lines(Lines),
    Nothing,
}

impl Teller {
    /// Tells a question called `name`, warnings as they come.
    pub fn live(settings: &Settings, name: &str) -> Arc<Self> {
        Arc::new(Self::new(settings, name, None))
    }

    /// Tells the run of the job called `name`. Its receipt repeats the warnings, so they are held until
    /// [`release`](Self::release), which a run without a receipt calls.
    pub fn holding(settings: &Settings, name: &str) -> Arc<Self> {
        Arc::new(Self::new(settings, name, Some(Mutex::default())))
    }

    /// Diagnostics (`-v`) and a bar would overwrite each other: then it is lines.
    fn new(settings: &Settings, name: &str, held: Option<Mutex<Vec<String>>>) -> Self {
        let shape = match settings.talk {
            Talk::Quiet => Shape::Nothing,
            Talk::Normal if settings.terminal => Shape::Bar(Bar::new(name, settings.stderr)),
            _ => Shape::Lines(Lines::new(name)),
        };
        Self {
            shape: Mutex::new(shape),
            held,
            talk: settings.talk,
            paint: settings.stderr,
        }
    }

    /// Takes the bar away, so that what follows starts on a clean line.
    pub fn finish(&self) {
        if let Shape::Bar(bar) = &*self.shape() {
            bar.clear();
        }
    }

    /// Tells the warnings that were held.
    pub fn release(&self) {
        let held = self.held.as_ref().map(locked);
        for line in held
            .into_iter()
            .flat_map(|mut held| std::mem::take(&mut *held))
        {
            self.say(&line);
        }
    }

    /// One line for people, above the bar if there is one.
    fn say(&self, line: &str) {
        match &*self.shape() {
            Shape::Bar(bar) => bar.above(line),
            Shape::Lines(_) => eprintln!("{line}"),
            Shape::Nothing => {}
        }
    }

    fn shape(&self) -> MutexGuard<'_, Shape> {
        locked(&self.shape)
    }
}

/// A panic elsewhere is no reason to stop telling.
fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
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
            _ => (Talk::Debug, "debug:", Tone::Faint),
        };
        if self.talk < needed {
            return;
        }
        let line = format!("{} {text}", self.paint.tone(tone, label));
        match &self.held {
            Some(held) if level == Level::Warn => locked(held).push(line),
            _ => self.say(&line),
        }
    }
}
