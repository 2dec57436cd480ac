//! People's sign-ins on their way to a token: device codes, authorization codes, refresh tokens.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};

use super::apps::App;
use super::refusal::Refusal;
use crate::guid::guid;
use crate::state::State;

/// What a person lends an app.
#[derive(Clone)]
pub(super) struct Lent {
    pub scopes: Vec<String>,
    /// With a refresh token.
    pub offline: bool,
}

/// What becomes of a device code.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Fate {
    Pending,
    Approved,
    Declined,
    Expired,
}

struct Device {
    user_code: String,
    app: &'static str,
    lent: Lent,
    fate: Fate,
    slow: bool,
}

/// A code handed to a redirect.
pub(super) struct Code {
    pub app: &'static str,
    pub lent: Lent,
    pub redirect: String,
    pub challenge: String,
    pub used: bool,
}

struct Refresh {
    app: &'static str,
    lent: Lent,
    used: bool,
    expired: bool,
}

#[derive(Default)]
struct Inner {
    issued: u64,
    devices: HashMap<String, Device>,
    codes: HashMap<String, Code>,
    refreshes: HashMap<String, Refresh>,
    lenient: bool,
    declines: bool,
}

/// All of them.
#[derive(Default)]
pub(super) struct SignIns(Mutex<Inner>);

impl SignIns {
    /// A device code and its user code.
    pub fn begin(&self, state: &State, app: &'static App, lent: Lent) -> (String, String) {
        let mut inner = self.lock();
        let code = inner.secret(state, "device");
        let user_code = code[code.len() - 9..].to_uppercase();
        let device = Device {
            user_code: user_code.clone(),
            app: app.id,
            lent,
            fate: Fate::Pending,
            slow: false,
        };
        inner.devices.insert(code.clone(), device);
        (code, user_code)
    }

    /// Decides a device code; answers whether there is one.
    pub fn decide(&self, user_code: &str, fate: Fate) -> bool {
        self.with_device(user_code, |device| device.fate = fate)
    }

    /// Lets the next poll have been too soon; answers whether there is such a code.
    pub fn slow_down(&self, user_code: &str) -> bool {
        self.with_device(user_code, |device| device.slow = true)
    }

    /// A poll. An approved code is good for one token.
    pub fn poll(&self, app: &App, code: &str) -> Result<Lent, Refusal<'static>> {
        let mut inner = self.lock();
        let device = inner
            .devices
            .get_mut(code)
            .filter(|device| device.app == app.id);
        let Some(device) = device else {
            return Err(Refusal::Device(
                "bad_verification_code",
                70_018,
                "Invalid verification code.",
            ));
        };
        if std::mem::take(&mut device.slow) {
            return Err(Refusal::Device(
                "slow_down",
                70_016,
                "The client polls too often.",
            ));
        }
        match device.fate {
            Fate::Pending => Err(Refusal::Device(
                "authorization_pending",
                70_016,
                "OAuth 2.0 device flow error. Authorization is pending. Continue polling.",
            )),
            Fate::Declined => Err(Refusal::Device(
                "authorization_declined",
                70_020,
                "The end user denied the authorization request.",
            )),
            Fate::Expired => Err(Refusal::Device(
                "expired_token",
                70_019,
                "Verification code expired. Have the user retry the sign-in.",
            )),
            Fate::Approved => {
                device.fate = Fate::Expired;
                Ok(device.lent.clone())
            }
        }
    }

    /// A code for the redirect, unless the person declines.
    pub fn consent(&self, state: &State, code: Code) -> Option<String> {
        let mut inner = self.lock();
        if inner.declines {
            return None;
        }
        let text = inner.secret(state, "code");
        inner.codes.insert(text.clone(), code);
        Some(text)
    }

    /// Whether people decline from now on.
    pub fn set_declines(&self, declines: bool) {
        self.lock().declines = declines;
    }

    /// An authorization code, good for one token.
    pub fn redeem(
        &self,
        app: &App,
        code: &str,
        redirect: &str,
        verifier: &str,
    ) -> Result<Lent, Refusal<'static>> {
        let bad = |number, text| Err(Refusal::BadGrantValue(number, text));
        let mut inner = self.lock();
        let Some(code) = inner.codes.get_mut(code).filter(|code| code.app == app.id) else {
            return bad(70_000, "Provided grant is invalid or malformed.");
        };
        if code.used {
            return bad(54_005, "OAuth2 Authorization code was already redeemed.");
        }
        if code.redirect != redirect {
            return bad(
                50_011,
                "The redirect URI does not match that of the authorization request.",
            );
        }
        if URL_SAFE_NO_PAD.encode(Sha256::digest(verifier)) != code.challenge {
            return bad(
                501_481,
                "The Code_Verifier does not match the code_challenge supplied in the authorization request.",
            );
        }
        code.used = true;
        Ok(code.lent.clone())
    }

    /// A refresh token, for the same scopes or fewer.
    pub fn refresh(
        &self,
        app: &App,
        text: &str,
        wanted: Option<Lent>,
    ) -> Result<Lent, Refusal<'static>> {
        let bad = |number, text| Err(Refusal::BadGrantValue(number, text));
        let mut inner = self.lock();
        let lenient = inner.lenient;
        let held = inner
            .refreshes
            .get_mut(text)
            .filter(|held| held.app == app.id);
        let Some(held) = held else {
            return bad(70_000, "Provided grant is invalid or malformed.");
        };
        if held.expired {
            return bad(700_082, "The refresh token has expired due to inactivity.");
        }
        if held.used && !lenient {
            return bad(
                70_000,
                "The refresh token was rotated: a newer one has been issued.",
            );
        }
        held.used = true;
        Ok(Lent {
            scopes: wanted.map_or_else(|| held.lent.scopes.clone(), |wanted| wanted.scopes),
            offline: true,
        })
    }

    /// The refresh token that goes with an access token, where one was asked for.
    pub fn next_refresh(&self, state: &State, app: &'static App, lent: &Lent) -> Option<String> {
        let mut inner = self.lock();
        let text = lent.offline.then(|| inner.secret(state, "refresh"))?;
        let refresh = Refresh {
            app: app.id,
            lent: lent.clone(),
            used: false,
            expired: false,
        };
        inner.refreshes.insert(text.clone(), refresh);
        Some(text)
    }

    /// All refresh tokens issued so far.
    pub fn refresh_tokens(&self) -> Vec<String> {
        self.lock().refreshes.keys().cloned().collect()
    }

    /// Whether a used refresh token is taken again, as the real service does for a while.
    pub fn set_lenient(&self, lenient: bool) {
        self.lock().lenient = lenient;
    }

    /// Lets every refresh token expire.
    pub fn expire_refreshes(&self) -> usize {
        let mut inner = self.lock();
        inner
            .refreshes
            .values_mut()
            .for_each(|held| held.expired = true);
        inner.refreshes.len()
    }

    fn with_device(&self, user_code: &str, change: impl FnOnce(&mut Device)) -> bool {
        let mut inner = self.lock();
        let mut devices = inner.devices.values_mut();
        let found = devices.find(|device| device.user_code == user_code);
        found.map(change).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inner {
    fn secret(&mut self, state: &State, kind: &str) -> String {
        self.issued += 1;
        // Apart from the ids of things and of requests.
        let id = guid(state.options.seed ^ 0x5347_4e49, self.issued);
        format!("0.{kind}.{id}")
    }
}
