//! `simulate`: the simulated cloud as a server. One JSON line says where; a signal ends it with success.

use std::path::Path;
use std::time::Duration;

use writeback_cloud::{Cloud, Fault, Options};

use crate::cli::Simulate;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::stdout;

/// Serves until SIGTERM or SIGINT.
pub async fn simulate(arguments: Simulate) -> Result<Exit, Error> {
    let options = options(arguments)?;
    // Before the line that tells a caller to go on: from then on a signal is expected.
    let mut interrupt = Interrupt::listen()?;
    let cloud = Cloud::start(options).await.map_err(|cause| {
        Error::failed("cannot start the simulated cloud").because(cause.as_ref())
    })?;
    let line = serde_json::to_value(cloud.description())
        .map_err(|cause| Error::failed("cannot describe the cloud").because(&cause))?;
    stdout::json_line(&line)?;
    interrupt.next().await;
    cloud.stop().await;
    Ok(Exit::Done)
}

fn options(arguments: Simulate) -> Result<Options, Error> {
    let default = Options::default();
    Ok(Options {
        listen: arguments.listen.or(default.listen),
        rows: arguments.rows.unwrap_or(default.rows),
        columns: arguments.columns.unwrap_or(default.columns),
        datasets: arguments.datasets.unwrap_or(default.datasets),
        seed: arguments.seed.unwrap_or(default.seed),
        latency: arguments
            .latency
            .map_or(default.latency, Duration::from_millis),
        faults: arguments
            .faults
            .as_deref()
            .map(faults)
            .transpose()?
            .unwrap_or_default(),
        tls: arguments.tls,
        data: default.data,
    })
}

fn faults(path: &Path) -> Result<Vec<Fault>, Error> {
    let name = path.display();
    let text = std::fs::read_to_string(path).map_err(|cause| {
        Error::configuration("faults-unreadable", format!("cannot read `{name}`")).because(&cause)
    })?;
    Fault::parse_list(&text).map_err(|cause| {
        Error::configuration(
            "faults-invalid",
            format!("`{name}` is not a list of faults"),
        )
        .because(cause.as_ref())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_that_does_not_exist_is_a_configuration_error() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("faults.toml");
        std::fs::write(&path, "[[fault]]\naction = 'explode'\n").unwrap();
        let error = faults(&path).unwrap_err();
        assert_eq!(
            (error.exit, error.code.as_str()),
            (Exit::Configuration, "faults-invalid")
        );
        assert!(!error.causes.is_empty());
    }
}
