//! Traces for an OpenTelemetry collector, where the operator wants them.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{SdkTracer, SdkTracerProvider};
use tracing_opentelemetry::OpenTelemetryLayer;

use crate::error::{Error, Result};

/// Sends what is still to be sent when it is dropped.
#[derive(Debug)]
pub struct Telemetry(SdkTracerProvider);

impl Telemetry {
    /// Sends spans to the OTLP/HTTP endpoint at `url`, as `http://collector:4318`. Not to be called within an async task.
    ///
    /// # Errors
    /// The endpoint cannot be used.
    pub fn start(url: &str) -> Result<Self> {
        // The exporter's client takes the process's. Where there is one already, it is that.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let exporter = SpanExporter::builder()
            .with_http()
            .with_protocol(Protocol::HttpBinary)
            .with_endpoint(format!("{}/v1/traces", url.trim_end_matches('/')))
            .build();
        let exporter = exporter.map_err(|cause| {
            Error::Setting(format!("traces cannot be sent to `{url}`: {cause}"))
        })?;
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_resource(Resource::builder().with_service_name("writeback").build());
        Ok(Self(provider.build()))
    }

    /// What a subscriber passes its spans to.
    #[must_use]
    pub fn layer<S>(&self) -> OpenTelemetryLayer<S, SdkTracer>
    where
        S: tracing::Subscriber + for<'span> tracing_subscriber::registry::LookupSpan<'span>,
    {
        tracing_opentelemetry::layer().with_tracer(self.0.tracer("writeback"))
    }
}

impl Drop for Telemetry {
    fn drop(&mut self) {
        // There is nobody left to tell.
        let _ = self.0.shutdown();
    }
}
