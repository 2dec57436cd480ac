//! `serve`: many tenants behind an API, until a signal.

mod operator;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use writeback_fleet::Fleet;
use writeback_server::Role;
use writeback_server::db::Address;
use writeback_server::keys::{MasterKeySource, new_file};
use writeback_server::serve::{Options, Server};
use writeback_server::settings::Settings as ServerSettings;
use zeroize::Zeroizing;

use crate::cli::Serve;
use crate::error::Error;
use crate::exit::Exit;
use crate::interrupt::Interrupt;
use crate::settings::{Settings, Talk};
pub use operator::Operator;

/// Serves until SIGTERM or SIGINT.
pub async fn serve(arguments: &Serve, settings: &Settings) -> Result<Exit, Error> {
    let mut interrupt = Interrupt::listen()?;
    let operator = match &arguments.settings {
        Some(file) => Operator::load(file)?,
        None => Operator::default(),
    };
    let mut server = start(arguments, operator, settings).await?;
    if settings.talk > Talk::Quiet {
        eprintln!("serving at {}", url(arguments, &server));
    }
    if let Some(token) = server.take_first_token() {
        // The one thing on stdout, so that a script can catch it.
        println!("{}", *token);
        if settings.talk > Talk::Quiet {
            eprintln!("this is the token of the installation: it is shown now and never again");
        }
    }
    interrupt.next().await;
    if settings.talk > Talk::Quiet {
        eprintln!(
            "stopping: runs have {} seconds to end; once more to stop at once",
            arguments.drain
        );
    }
    tokio::select! {
        stopped = server.stop() => stopped.map_err(|cause| failed(&cause))?,
        () = interrupt.next() => {}
    }
    Ok(Exit::Done)
}

fn url(arguments: &Serve, server: &Server) -> String {
    let scheme = match arguments.tls_key {
        Some(_) => "https",
        None => "http",
    };
    format!("{scheme}://{}", server.address())
}

/// Starts the server.
pub async fn start(
    arguments: &Serve,
    operator: Operator,
    settings: &Settings,
) -> Result<Server, Error> {
    let data = private_folder(&arguments.data)?;
    let database = database(arguments, &data)?;
    let master_key = match &arguments.master_key {
        Some(source) => source.clone(),
        None => own_master_key(&data, &database, settings)?,
    };
    let machine = match &arguments.machine {
        Some(name) => name.clone(),
        None => hostname::get().map_or_else(
            |_| "localhost".to_owned(),
            |name| name.to_string_lossy().into_owned(),
        ),
    };
    let mut roles: Vec<Role> = arguments.roles.iter().copied().map(Role::from).collect();
    if roles.is_empty() {
        roles = vec![Role::Api, Role::Scheduler, Role::Worker];
    }
    let Operator {
        config,
        smtp,
        allow_endpoints,
    } = operator;
    let fleet = writeback_fleet::Options::new(&data, config);
    let fleet = tokio::task::spawn_blocking(move || Fleet::new(fleet)).await;
    let fleet = fleet
        .map_err(|cause| Error::failed("cannot start the sandboxes").because(&cause))?
        .map_err(|cause| Error::told(Exit::Configuration, "config-invalid", &cause.to_string()))?;
    let options = Options {
        database,
        master_key,
        previous_master_key: arguments.previous_master_key.clone(),
        roles,
        listen: arguments.listen,
        tls: arguments
            .tls_certificate
            .clone()
            .zip(arguments.tls_key.clone()),
        settings: ServerSettings {
            slots: arguments.slots,
            lease: Duration::from_secs(arguments.lease.into()),
            drain: Duration::from_secs(arguments.drain.into()),
            machine,
            smtp,
            allow_endpoints,
            ..ServerSettings::default()
        },
    };
    Server::start(options, Arc::new(fleet))
        .await
        .map_err(|cause| failed(&cause))
}

fn database(arguments: &Serve, data: &Path) -> Result<Address, Error> {
    let url = match (&arguments.database, &arguments.database_file) {
        (Some(url), _) => Zeroizing::new(url.clone()),
        (None, Some(file)) => {
            let text = std::fs::read_to_string(file)
                .map(Zeroizing::new)
                .map_err(|cause| {
                    let text = format!("cannot read the database's URL in `{}`", file.display());
                    Error::configuration("database-unreadable", text).because(&cause)
                })?;
            Zeroizing::new(text.trim().to_owned())
        }
        (None, None) => return Ok(Address::Folder(data.to_owned())),
    };
    match url.starts_with("postgres://") || url.starts_with("postgresql://") {
        true => Ok(Address::Postgres(url)),
        false => Err(Error::configuration(
            "database-invalid",
            "the database's URL does not begin with `postgres://`",
        )
        .hint("leave it out to use SQLite in the folder of --data")),
    }
}

/// The folder, absolute, for its user alone.
fn private_folder(data: &Path) -> Result<std::path::PathBuf, Error> {
    let made = (|| {
        use std::os::unix::fs::{DirBuilderExt as _, PermissionsExt as _};
        std::fs::DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(data)?;
        let mode = std::fs::metadata(data)?.permissions().mode();
        Ok::<_, std::io::Error>((data.canonicalize()?, mode))
    })();
    let name = data.display();
    match made {
        Ok((_, mode)) if mode & 0o077 != 0 => Err(Error::configuration(
            "data-open",
            format!("others can enter `{name}`, which holds what tenants entrust to this server"),
        )
        .hint(format!("chmod 700 {name}"))),
        Ok((folder, _)) => Ok(folder),
        Err(cause) => Err(Error::configuration(
            "data-unusable",
            format!("cannot use the folder `{name}`"),
        )
        .because(&cause)),
    }
}

/// A master key in the folder. Where several machines share a database, each would make its own.
fn own_master_key(
    data: &Path,
    database: &Address,
    settings: &Settings,
) -> Result<MasterKeySource, Error> {
    let path = data.join("master.key");
    if matches!(database, Address::Postgres(_)) && !path.exists() {
        return Err(Error::configuration(
            "master-key-missing",
            "processes that share a database need the same master key",
        )
        .hint("make one with `openssl rand -base64 32`, and give it to each as --master-key file:PATH, env:NAME or exec:PROGRAM"));
    }
    if new_file(&path).map_err(|cause| failed(&cause))? {
        settings.tell(
            "note:",
            &format!(
                "made a master key at `{}`: keep a copy of it apart from copies of the database",
                path.display()
            ),
        );
    }
    Ok(MasterKeySource::File(path))
}

fn failed(cause: &writeback_server::error::Error) -> Error {
    Error::told(Exit::Configuration, "serve-failed", &cause.to_string())
}
