//! A PostgreSQL of the tests' own: one cluster a test process, in a temporary folder, with databases that come and go.
//!
//! A watchman holds the other end of a pipe: it stops the cluster and removes its folder when the test process is gone, however
//! that came about.

use std::fs;
use std::os::unix::fs::chown;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, Stdio};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use sqlx::Connection as _;
use zeroize::Zeroizing;

/// What a machine without PostgreSQL is told.
const HINT: &str =
    "the tests need PostgreSQL's programs\nhint: .ci/install.sh, or `apt-get install postgresql`";
/// Reads until the tests are gone, then clears up. `$1` is pg_ctl, `$2` the folder.
const WATCHMAN: &str = r#"
trap "" INT TERM HUP
read -r _
"$1" stop --silent --mode immediate --pgdata "$2/data"
rm -rf "$2"
"#;

/// The cluster.
pub struct Postgres {
    folder: PathBuf,
    made: AtomicU64,
    /// Closed by the end of the process, and by nothing else.
    _watch: ChildStdin,
}

impl Postgres {
    /// The cluster of this process.
    pub fn shared() -> &'static Self {
        static CLUSTER: LazyLock<Postgres> = LazyLock::new(Postgres::start);
        &CLUSTER
    }

    /// Where the cluster is.
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Makes a database of its own: its name.
    pub async fn create(&self) -> String {
        let name = format!("t{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.execute(format!("CREATE DATABASE {name}")).await;
        name
    }

    /// Removes a database, whoever is connected to it.
    pub async fn remove(&self, name: &str) {
        self.execute(format!("DROP DATABASE {name} WITH (FORCE)"))
            .await;
    }

    /// The address of a database: over the cluster's socket, which only this folder has.
    pub fn url(&self, name: &str) -> Zeroizing<String> {
        let folder = self.folder.to_str().expect("a folder in UTF-8");
        Zeroizing::new(format!(
            "postgres://postgres@localhost/{name}?host={folder}"
        ))
    }

    async fn execute(&self, statement: String) {
        let url = self.url("postgres");
        let connection = sqlx::PgConnection::connect(&url).await;
        let mut connection = connection.expect("the tests' PostgreSQL answers");
        let done = sqlx::raw_sql(sqlx::AssertSqlSafe(statement.as_str()))
            .execute(&mut connection)
            .await;
        done.unwrap_or_else(|error| panic!("`{statement}`: {error}"));
        connection.close().await.expect("a connection closes");
    }

    fn start() -> Self {
        let programs = programs();
        let folder = tempfile::Builder::new().prefix("writeback-pg").tempdir();
        let folder = folder.expect("a temporary folder").keep();
        let user = user(&folder);
        let data = folder.join("data");
        // Texts are in English order, as in most installations: what works only in the order of bytes must fail here.
        let initdb = command(&programs.join("initdb"), user)
            .args([
                "--auth=trust",
                "--username=postgres",
                "--no-sync",
                "--encoding=UTF8",
            ])
            .args([
                "--locale=C.UTF-8",
                "--locale-provider=icu",
                "--icu-locale=en-US",
            ])
            .arg("--pgdata")
            .arg(&data)
            .output()
            .expect("initdb starts");
        assert!(initdb.status.success(), "initdb: {initdb:?}");
        let watch = watch(&programs, &folder, user);
        let options = format!(
            "-c listen_addresses='' -c unix_socket_directories='{}' -c fsync=off -c synchronous_commit=off \
             -c full_page_writes=off -c max_connections=500 -c shared_buffers=64MB",
            folder.display()
        );
        let started = command(&programs.join("pg_ctl"), user)
            .args(["start", "--silent", "--wait", "--options", &options])
            .arg("--pgdata")
            .arg(&data)
            .arg("--log")
            .arg(folder.join("log"))
            .status()
            .expect("pg_ctl starts");
        let log = || fs::read_to_string(folder.join("log")).unwrap_or_default();
        assert!(started.success(), "PostgreSQL does not start: {}", log());
        Self {
            folder,
            made: AtomicU64::new(0),
            _watch: watch,
        }
    }
}

/// The folder of the newest version's programs. Where there are none and root may install them, that is done first.
fn programs() -> PathBuf {
    installed()
        .or_else(|| {
            let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../.ci/postgresql.sh");
            let ended = Command::new("bash").arg(script).status();
            ended.is_ok_and(|ended| ended.success()).then(installed)?
        })
        .expect(HINT)
}

fn installed() -> Option<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").ok()?;
    let programs = versions.flatten().map(|version| version.path().join("bin"));
    programs
        .filter(|programs| programs.join("initdb").exists())
        .max()
}

/// PostgreSQL refuses to run as root: whom it runs as instead, and the folder is given to.
fn user(folder: &Path) -> Option<(u32, u32)> {
    let id = |arguments: &[&str]| {
        let output = Command::new("id").args(arguments).output();
        let text = String::from_utf8(output.expect("id starts").stdout).unwrap_or_default();
        text.trim().parse::<u32>().ok()
    };
    if id(&["-u"]) != Some(0) {
        return None;
    }
    let of = |name| Some((id(&["-u", name])?, id(&["-g", name])?));
    let user = of("postgres").or_else(|| of("nobody"));
    let user = user.expect("a user `postgres` or `nobody` to run PostgreSQL as");
    chown(folder, Some(user.0), Some(user.1)).expect("root gives a folder away");
    Some(user)
}

fn command(program: &Path, user: Option<(u32, u32)>) -> Command {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user {
        command.uid(uid).gid(gid);
    }
    command.current_dir("/").stdin(Stdio::null());
    command.env("TZ", "UTC").stdout(Stdio::null());
    command
}

/// Its standard output stays open, so that whoever reads that of the tests to its end finds everything cleared up.
#[expect(clippy::zombie_processes, reason = "it outlives this process")]
fn watch(programs: &Path, folder: &Path, user: Option<(u32, u32)>) -> ChildStdin {
    let mut watchman = command(Path::new("/bin/sh"), user)
        .args(["-c", WATCHMAN, "watchman"])
        .arg(programs.join("pg_ctl"))
        .arg(folder)
        .stdin(Stdio::piped())
        .stdout(Stdio::inherit())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("a shell starts");
    watchman.stdin.take().expect("it was piped")
}
