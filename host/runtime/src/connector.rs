//! A component that has been compiled, checked and linked. It runs for any tenant and keeps
//! nothing of any run.

use std::sync::Arc;

use serde::Deserialize;
use tokio::sync::OnceCell;
use wasmtime::component::types::ComponentItem;
use wasmtime::component::{Component, HasSelf, InstancePre, Linker};

use crate::bindings::{self, ConnectorPre};
use crate::cache::CodeSource;
use crate::error::{Error, RunError};
use crate::probe::Probe;
use crate::run::Run;
use crate::sandbox::Sandbox;
use crate::tenant::Tenant;

/// The connector world's interfaces, without versions.
const WORLD: [&str; 9] = [
    "wasi:random/insecure-seed",
    "writeback:connector/checkpoint",
    "writeback:connector/exclusive",
    "writeback:connector/http",
    "writeback:connector/progress",
    "writeback:connector/secrets",
    "writeback:connector/spool",
    "writeback:connector/time",
    "writeback:connector/types",
];

/// A connector, ready to run. Clones share the compiled code.
#[derive(Clone)]
pub struct Connector {
    pre: ConnectorPre<Sandbox>,
    source: CodeSource,
    digest: Arc<str>,
    description: Arc<OnceCell<Description>>,
    probe: Option<Probe>,
}

impl std::fmt::Debug for Connector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Connector").finish_non_exhaustive()
    }
}

/// What the host reads of a connector's description.
#[derive(Clone, Debug, Default, Deserialize)]
pub(crate) struct Description {
    #[serde(default)]
    pub(crate) accounts: Vec<AccountPointer>,
}

/// Where a job names an account.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct AccountPointer {
    /// A JSON Pointer (RFC 6901).
    pub(crate) pointer: String,
    /// Kinds of account that fit; empty for all.
    #[serde(default)]
    pub(crate) kinds: Vec<String>,
}

impl Connector {
    pub(crate) fn new(
        engine: &wasmtime::Engine,
        component: &Component,
        source: CodeSource,
        digest: String,
        probe: Option<Probe>,
    ) -> Result<Self, Error> {
        check_imports(engine, component)?;
        let pre =
            link(engine, component).map_err(|error| Error::Component(format!("{error:#}")))?;
        Ok(Self {
            pre,
            source,
            digest: digest.into(),
            description: Arc::default(),
            probe,
        })
    }

    /// The connector's description of itself: a JSON document with schemas and account pointers.
    ///
    /// # Errors
    /// As [`Run::run`].
    pub async fn describe(&self, tenant: &Tenant) -> Result<String, RunError> {
        self.run(tenant).describe().await
    }

    /// A run for `tenant`, to be started by one of its methods.
    pub fn run(&self, tenant: &Tenant) -> Run {
        Run::new(self.clone(), tenant.clone())
    }

    /// Where its machine code came from.
    #[must_use]
    pub fn code_source(&self) -> &CodeSource {
        &self.source
    }

    /// SHA-256 of the component, in hex.
    #[must_use]
    pub fn digest(&self) -> &str {
        &self.digest
    }

    pub(crate) fn pre(&self) -> &ConnectorPre<Sandbox> {
        &self.pre
    }

    pub(crate) fn probe(&self) -> Option<&Probe> {
        self.probe.as_ref()
    }

    /// The description, asked for once.
    pub(crate) async fn description(&self, tenant: &Tenant) -> Result<&Description, RunError> {
        self.description
            .get_or_try_init(|| async {
                let text = self.describe(tenant).await?;
                serde_json::from_str(&text).map_err(|error| {
                    RunError::Internal(format!("the component's description is not valid: {error}"))
                })
            })
            .await
    }
}

fn check_imports(engine: &wasmtime::Engine, component: &Component) -> Result<(), Error> {
    let imports = component.component_type();
    for (import, item) in imports.imports(engine) {
        let interface = import.split('@').next().unwrap_or(import);
        let known =
            WORLD.contains(&interface) && matches!(item.ty, ComponentItem::ComponentInstance(_));
        if !known {
            return Err(Error::ForeignImport {
                import: import.to_owned(),
                allowed: WORLD.map(|name| format!("`{name}`")).join(", "),
            });
        }
    }
    Ok(())
}

fn link(
    engine: &wasmtime::Engine,
    component: &Component,
) -> wasmtime::Result<ConnectorPre<Sandbox>> {
    let mut linker = Linker::new(engine);
    bindings::Connector::add_to_linker::<_, HasSelf<_>>(&mut linker, |sandbox: &mut Sandbox| {
        sandbox
    })?;
    let pre: InstancePre<Sandbox> = linker.instantiate_pre(component)?;
    ConnectorPre::new(pre)
}
