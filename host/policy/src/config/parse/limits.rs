//! Reads `[limits]` and `[limits.tenant]`.

use serde_json::Value;

use crate::config::fields::Fields;
use crate::config::problems::Problems;
use crate::config::{Limits, TenantLimits};

pub(super) fn read_limits(value: Option<&Value>, problems: &mut Problems) -> Limits {
    let default = Limits::default();
    let mut fields = Fields::new(value, "limits", problems);
    let tenant = fields.value("tenant");
    let limits = Limits {
        memory: fields.positive("memory", default.memory),
        cpu_seconds: fields.positive("cpu_seconds", default.cpu_seconds),
        wall_seconds: fields.positive("wall_seconds", default.wall_seconds),
        spool_bytes: fields.positive("spool_bytes", default.spool_bytes),
        request_seconds: fields.positive("request_seconds", default.request_seconds),
        connect_seconds: fields.positive("connect_seconds", default.connect_seconds),
        idle_seconds: fields.positive("idle_seconds", default.idle_seconds),
        requests: fields.positive("requests", default.requests),
        connections: fields.positive("connections", default.connections),
        sent_bytes: fields.positive("sent_bytes", default.sent_bytes),
        received_bytes: fields.positive("received_bytes", default.received_bytes),
        headers: fields.positive("headers", default.headers),
        header_bytes: fields.positive("header_bytes", default.header_bytes),
        url_bytes: fields.positive("url_bytes", default.url_bytes),
        log_lines: fields.positive("log_lines", default.log_lines),
        handles: fields.positive("handles", default.handles),
        tenant: default.tenant,
    };
    fields.finish();
    Limits {
        tenant: read_tenant_limits(tenant, problems),
        ..limits
    }
}

fn read_tenant_limits(value: Option<&Value>, problems: &mut Problems) -> TenantLimits {
    let default = TenantLimits::default();
    let mut fields = Fields::new(value, "limits.tenant", problems);
    let limits = TenantLimits {
        runs: fields.positive("runs", default.runs),
        memory: fields.positive("memory", default.memory),
        cpu_seconds: fields.positive("cpu_seconds", default.cpu_seconds),
        spool_bytes: fields.positive("spool_bytes", default.spool_bytes),
        handles: fields.positive("handles", default.handles),
        connections: fields.positive("connections", default.connections),
    };
    fields.finish();
    limits
}
