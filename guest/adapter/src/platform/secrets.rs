//! Lends accounts as handles. Nothing here returns a credential or a token.

use std::rc::Rc;

use writeback_oauth::SignInError;
use writeback_policy::{RENEWALS, unknown_account};

use super::accounts::Account;
use super::exports::writeback::portable::session::Failure;
use super::offered::secrets::{Error, Guest, GuestSecret, Identity, Secret};
use super::{Adapter, session, world};

/// An account that the connector holds.
pub(super) struct Handle(pub(super) Rc<Account>);

impl Guest for Adapter {
    type Secret = Handle;

    fn open(name: String) -> Result<Secret, Error> {
        if !world::world().begun {
            // Nobody has said when the call began: there is no front.
            session::configure().map_err(|failure| Error::Undeclared(told(failure)))?;
        }
        let world = world::world();
        let known = world.accounts.keys().map(String::as_str);
        let account = world.accounts.get(&name);
        let account = account.ok_or_else(|| Error::Undeclared(unknown_account(&name, known)))?;
        Ok(Secret::new(Handle(Rc::clone(account))))
    }
}

impl GuestSecret for Handle {
    fn endpoint(&self, service: String) -> Result<String, Error> {
        let endpoint = self.0.binding.endpoint(&service);
        endpoint.map_err(Error::Undeclared)
    }

    fn identity(&self) -> Result<Identity, Error> {
        let token = self.0.token(false).map_err(failed)?;
        Ok(Identity {
            subject: token.identity.subject.clone(),
            roles: token.identity.roles.clone(),
            scopes: token.identity.scopes.clone(),
            expires: Some(token.expires),
        })
    }

    fn renew(&self) -> Result<(), Error> {
        let renewals = self.0.renewals.get();
        if renewals == RENEWALS {
            return Err(Error::Refused(self.0.binding.renewed_enough()));
        }
        self.0.renewals.set(renewals + 1);
        self.0.token(true).map(drop).map_err(failed)
    }
}

/// In the form of a port's text.
fn told(failure: Failure) -> String {
    match failure.hint {
        Some(hint) => format!("{}\nhint: {hint}", failure.message),
        None => failure.message,
    }
}

fn failed(error: SignInError) -> Error {
    match error {
        SignInError::Refused(text) => Error::Refused(text),
        SignInError::Unavailable(text) => Error::Unavailable(text),
    }
}
