//! One attack: what the component is told, and in which surroundings.

use serde_json::Value;

use super::scene::Scene;

/// An attack, named as in `docs/attacks.md`.
#[derive(Clone, Copy)]
pub struct Attack {
    /// Its name.
    pub name: &'static str,
    /// The job.
    pub job: fn(&Scene) -> Value,
    /// What of the attacker's configuration is different.
    pub settings: Option<fn(&mut Value)>,
    /// What the cloud does about it.
    pub cloud: Option<fn(&Scene)>,
    /// The component.
    pub component: &'static [u8],
    /// Upload sessions that the service is left with.
    pub leaves_open: usize,
}

impl Attack {
    /// The hostile guest with this job.
    pub const fn new(name: &'static str, job: fn(&Scene) -> Value) -> Self {
        Self {
            name,
            job,
            settings: None,
            cloud: None,
            component: writeback_hostile::BYTES,
            leaves_open: 0,
        }
    }

    /// By another component.
    pub const fn of(mut self, component: &'static [u8]) -> Self {
        self.component = component;
        self
    }

    /// With so many upload sessions that nobody closes: they expire at the service.
    pub const fn leaves_open(mut self, sessions: usize) -> Self {
        self.leaves_open = sessions;
        self
    }

    /// With other settings.
    pub const fn under(mut self, settings: fn(&mut Value)) -> Self {
        self.settings = Some(settings);
        self
    }

    /// On a cloud that was prepared.
    pub const fn on(mut self, cloud: fn(&Scene)) -> Self {
        self.cloud = Some(cloud);
        self
    }
}
