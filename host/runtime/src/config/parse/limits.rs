//! Reads `[limits]`.

use serde_json::Value;

use crate::config::Limits;
use crate::config::fields::Fields;
use crate::config::problems::Problems;

pub(super) fn read_limits(value: Option<&Value>, problems: &mut Problems) -> Limits {
    let default = Limits::default();
    let mut fields = Fields::new(value, "limits", problems);
    let limits = Limits {
        memory: fields.positive("memory", default.memory),
        cpu_seconds: fields.positive("cpu_seconds", default.cpu_seconds),
        wall_seconds: fields.positive("wall_seconds", default.wall_seconds),
        spool_bytes: fields.positive("spool_bytes", default.spool_bytes),
        request_seconds: fields.positive("request_seconds", default.request_seconds),
        connect_seconds: fields.positive("connect_seconds", default.connect_seconds),
        idle_seconds: fields.positive("idle_seconds", default.idle_seconds),
        requests: fields.positive("requests", default.requests),
    };
    fields.finish();
    limits
}
