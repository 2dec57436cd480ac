//! The tenants at hand: each built once for a revision, kept while it is used and a while longer.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::OnceCell;
use writeback_host::config::Config;
use writeback_host::{Clock, Tenant};
use writeback_server::runner::{RunFailure, TenantSetup};

use crate::failure;
use crate::narrow::narrow;
use crate::secrets::FromServer;
use crate::spool::Spools;

/// What a tenant is built with.
pub(crate) struct Surroundings {
    pub(crate) operator: Config,
    pub(crate) data: PathBuf,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Tenants by their identifiers.
pub(crate) struct Members {
    list: Mutex<HashMap<String, Arc<Member>>>,
    idle: usize,
    idle_for: Duration,
}

/// A tenant of one revision. Whoever holds it uses it.
pub(crate) struct Member {
    revision: i64,
    tenant: OnceCell<Tenant>,
    used: Mutex<Instant>,
}

impl Surroundings {
    /// Where the tenant's spools are.
    pub(crate) fn spool(&self, tenant: &str) -> PathBuf {
        self.spools().join(tenant)
    }

    /// Where all spools are.
    pub(crate) fn spools(&self) -> PathBuf {
        self.data.join("spool")
    }

    /// Where the tenant's other files are: locks.
    pub(crate) fn state(&self, tenant: &str) -> PathBuf {
        self.data.join("tenants").join(tenant)
    }

    /// Reads a CA file, and whatever else a tenant is made of.
    fn build(&self, setup: &TenantSetup) -> Result<Tenant, RunFailure> {
        let state = self.state(&setup.id);
        let config = narrow(&self.operator, &setup.config, &state)
            .map_err(|problems| failure::told("config-invalid", &problems))?;
        let spools = Spools::new(self.spool(&setup.id), &setup.id, &setup.key)
            .map_err(|error| failure::told("internal", &error.to_string()))?;
        Tenant::builder(config)
            .clock(Arc::clone(&self.clock))
            .secrets(Arc::new(FromServer(Arc::clone(&setup.secrets))))
            .spools(Arc::new(spools))
            .build()
            .map_err(|error| failure::of_tenant(&error))
    }
}

impl Members {
    pub(crate) fn new(idle: usize, idle_for: Duration) -> Self {
        Self {
            list: Mutex::default(),
            idle,
            idle_for,
        }
    }

    /// The tenant of this revision, built where it is not at hand.
    pub(crate) async fn get(
        &self,
        setup: &TenantSetup,
        with: &Arc<Surroundings>,
    ) -> Result<Arc<Member>, RunFailure> {
        if !is_word(&setup.id) {
            let text = format!("`{}` is no tenant's identifier", setup.id.escape_debug());
            return Err(failure::told("internal", &text));
        }
        if setup.key.len() < 32 {
            return Err(failure::told("internal", "the tenant's key is too short"));
        }
        let member = self.member(&setup.id, setup.revision);
        let building = || async {
            let (with, setup) = (Arc::clone(with), setup.clone());
            let built = tokio::task::spawn_blocking(move || with.build(&setup)).await;
            built.map_err(|error| failure::told("internal", &error.to_string()))?
        };
        member.tenant.get_or_try_init(building).await?;
        Ok(member)
    }

    /// The newest revision is kept at hand; an older one that a run was ordered with is that run's alone.
    fn member(&self, tenant: &str, revision: i64) -> Arc<Member> {
        let mut list = self.lock();
        let member = match list.get(tenant) {
            Some(member) if member.revision == revision => Arc::clone(member),
            Some(member) if member.revision > revision => Arc::new(Member::new(revision)),
            _ => {
                let member = Arc::new(Member::new(revision));
                list.insert(tenant.to_owned(), Arc::clone(&member));
                member
            }
        };
        *member.used() = Instant::now();
        self.sweep(&mut list);
        member
    }

    /// Drops a tenant's connections and tokens once no run uses them.
    pub(crate) fn forget(&self, tenant: &str) {
        self.lock().remove(tenant);
    }

    /// How many tenants are at hand.
    pub(crate) fn count(&self) -> usize {
        let mut list = self.lock();
        self.sweep(&mut list);
        list.len()
    }

    /// Drops those that were idle for long, and the longest idle of too many.
    fn sweep(&self, list: &mut HashMap<String, Arc<Member>>) {
        let now = Instant::now();
        list.retain(|_, member| {
            let idle = now.saturating_duration_since(*member.used());
            Arc::strong_count(member) > 1 || idle < self.idle_for
        });
        let idle = list
            .iter()
            .filter(|(_, member)| Arc::strong_count(member) == 1);
        let mut idle: Vec<_> = idle
            .map(|(tenant, member)| (*member.used(), tenant.clone()))
            .collect();
        idle.sort();
        let surplus = idle.len().saturating_sub(self.idle);
        for (_, tenant) in idle.into_iter().take(surplus) {
            list.remove(&tenant);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Arc<Member>>> {
        self.list.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Member {
    fn new(revision: i64) -> Self {
        Self {
            revision,
            tenant: OnceCell::new(),
            used: Mutex::new(Instant::now()),
        }
    }

    /// The tenant, which was built when the member was handed out.
    pub(crate) fn tenant(&self) -> &Tenant {
        self.tenant.get().expect("a member is handed out built")
    }

    fn used(&self) -> MutexGuard<'_, Instant> {
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for InUse {
    fn drop(&mut self) {
        *self.0.used() = Instant::now();
    }
}

/// A tenant in use: it counts as idle from the end of that on.
pub(crate) struct InUse(pub(crate) Arc<Member>);

/// Whether a tenant's identifier, or a run's, can be a folder's name.
pub(crate) fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
    (1..=64).contains(&text.len()) && text.bytes().all(plain)
}

/// A folder of a tenant, if its identifier can be one's name.
pub(crate) fn folder_of(above: &Path, tenant: &str) -> Result<PathBuf, String> {
    match is_word(tenant) {
        true => Ok(above.join(tenant)),
        false => Err(format!(
            "`{}` is no tenant's identifier",
            tenant.escape_debug()
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn members(idle: usize, idle_for: Duration) -> Members {
        Members::new(idle, idle_for)
    }

    #[test]
    fn a_revision_is_kept_and_a_newer_one_takes_its_place() {
        let members = members(10, Duration::MAX);
        let first = members.member("a", 1);
        assert!(Arc::ptr_eq(&first, &members.member("a", 1)));
        let second = members.member("a", 2);
        assert!(!Arc::ptr_eq(&first, &second));
        assert!(Arc::ptr_eq(&second, &members.member("a", 2)));
        let late = members.member("a", 1);
        assert!(!Arc::ptr_eq(&late, &first) && !Arc::ptr_eq(&late, &second));
        assert!(
            Arc::ptr_eq(&second, &members.member("a", 2)),
            "still at hand"
        );
        assert_eq!(members.count(), 1);
        members.forget("a");
        assert!(!Arc::ptr_eq(&second, &members.member("a", 2)));
    }

    #[test]
    fn of_too_many_the_longest_idle_goes_and_none_that_is_used() {
        let members = members(2, Duration::MAX);
        let used = members.member("used", 1);
        let first = Arc::as_ptr(&members.member("first", 1));
        for name in ["second", "third"] {
            members.member(name, 1);
        }
        assert_eq!(members.count(), 3);
        assert!(Arc::ptr_eq(&used, &members.member("used", 1)));
        let list = members.lock();
        assert!(!list.contains_key("first"), "{first:?}");
        assert!(list.contains_key("second") && list.contains_key("third"));
    }

    #[test]
    fn what_was_idle_for_long_goes() {
        let members = members(10, Duration::ZERO);
        let used = members.member("used", 1);
        members.member("idle", 1);
        assert_eq!(members.count(), 1);
        drop(used);
        assert_eq!(members.count(), 0);
    }

    #[test]
    fn an_identifier_is_a_folders_name() {
        for good in ["a", "tenant_1", "01920000-0000-7000-8000-000000000000"] {
            assert!(is_word(good), "{good}");
        }
        for bad in [
            "",
            ".",
            "..",
            "a/b",
            "a\\b",
            "a b",
            "a.b",
            "ä",
            "a\0",
            &"x".repeat(65),
        ] {
            assert!(!is_word(bad), "{bad}");
        }
    }
}
