//! The ports over a script: replies come in the order written, whatever was asked, and then none at all.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use writeback_connector::message::{Content, Headers, Reply, Request};
use writeback_connector::ports::{
    Blob, Cancelled, HttpError, Identity, Level, Ports, Response, Secret, SecretError, SpoolError,
    Step, TurnError,
};

/// What the run meets.
#[derive(Default)]
pub(crate) struct Scene {
    /// Replies to come.
    pub(crate) replies: VecDeque<Reply>,
    /// What the blob holds from an earlier attempt, sealed.
    pub(crate) blob: Option<Vec<u8>>,
}

/// A request as it was sent.
pub(crate) struct Sent {
    pub(crate) url: String,
    /// Whose credential it carried, by the base URL.
    pub(crate) signed: Option<&'static str>,
}

/// A world of one run.
pub(crate) struct Scripted {
    replies: RefCell<VecDeque<Reply>>,
    sent: RefCell<Vec<Sent>>,
    saved: RefCell<Vec<u8>>,
    blob: Rc<Bytes>,
    now: Cell<u64>,
}

#[derive(Default)]
struct Bytes {
    bytes: RefCell<Vec<u8>>,
    sealed: Cell<bool>,
}

pub(crate) struct Account(&'static str, &'static str);
pub(crate) struct Spooled(Rc<Bytes>);
pub(crate) struct Played(Reply, Cell<usize>);

impl Scripted {
    pub(crate) fn new(scene: Scene) -> Self {
        let sealed = scene.blob.is_some();
        Self {
            replies: RefCell::new(scene.replies),
            sent: RefCell::default(),
            saved: RefCell::default(),
            blob: Rc::new(Bytes {
                bytes: RefCell::new(scene.blob.unwrap_or_default()),
                sealed: Cell::new(sealed),
            }),
            now: Cell::new(1_767_225_600_000),
        }
    }

    /// The last checkpoint.
    pub(crate) fn saved(&self) -> Vec<u8> {
        self.saved.borrow().clone()
    }

    /// What was sent, in order.
    pub(crate) fn sent(&self) -> std::cell::Ref<'_, Vec<Sent>> {
        self.sent.borrow()
    }

    /// What the blob holds, if it is sealed.
    pub(crate) fn sealed(&self) -> Option<Vec<u8>> {
        let sealed = self.blob.sealed.get();
        sealed.then(|| self.blob.bytes.borrow().clone())
    }
}

impl Ports for Scripted {
    type Secret = Account;
    type Blob = Spooled;
    type Response = Played;

    fn secret(&self, name: &str) -> Result<Account, SecretError> {
        match name {
            "domo" => Ok(Account("api", "https://api.domo.com")),
            "sharepoint" => Ok(Account("graph", crate::requests::GRAPH)),
            _ => Err(SecretError::Undeclared("no such account".to_owned())),
        }
    }

    fn blob(&self, _: &str) -> Result<Spooled, SpoolError> {
        Ok(Spooled(Rc::clone(&self.blob)))
    }

    fn send(
        &self,
        request: &Request,
        blob: Option<&Spooled>,
        auth: Option<&Account>,
    ) -> Result<Played, HttpError> {
        if let Content::Slice { offset, length } = request.content {
            let held = blob.map(Blob::length);
            assert!(
                held.is_some_and(|held| offset + length <= held),
                "a slice beyond the blob"
            );
            assert!(blob.is_some_and(Blob::sealed), "a slice of an open blob");
        }
        self.sent.borrow_mut().push(Sent {
            url: request.url.clone(),
            signed: auth.map(|account| account.1),
        });
        let reply = self.replies.borrow_mut().pop_front();
        reply
            .map(|reply| Played(reply, Cell::new(0)))
            .ok_or_else(|| HttpError::Transport("the script has ended".to_owned()))
    }

    fn prefetch(&self, _: &Request, _: &Account) {}

    fn now(&self) -> u64 {
        self.now.get()
    }

    fn sleep(&self, milliseconds: u64) -> Result<(), Cancelled> {
        self.now.set(self.now.get().saturating_add(milliseconds));
        Ok(())
    }

    fn save(&self, state: &[u8]) -> Result<(), String> {
        *self.saved.borrow_mut() = state.to_vec();
        Ok(())
    }

    fn hold(&self, _: &str) -> Result<bool, TurnError> {
        Ok(false)
    }

    fn report(&self, _: Step) {}

    fn log(&self, _: Level, _: &str) {}

    fn seed(&self) -> (u64, u64) {
        (1, 2)
    }
}

impl Secret for Account {
    fn endpoint(&self, service: &str) -> Result<String, SecretError> {
        match service == self.0 {
            true => Ok(self.1.to_owned()),
            false => Err(SecretError::Undeclared("no such service".to_owned())),
        }
    }

    fn identity(&self) -> Result<Identity, SecretError> {
        Ok(Identity::default())
    }

    fn renew(&self) -> Result<(), SecretError> {
        Ok(())
    }
}

impl Blob for Spooled {
    fn append(&self, bytes: &[u8]) -> Result<(), SpoolError> {
        assert!(!self.sealed(), "append after seal");
        self.0.bytes.borrow_mut().extend_from_slice(bytes);
        Ok(())
    }

    fn seal(&self) -> Result<(), SpoolError> {
        self.0.sealed.set(true);
        Ok(())
    }

    fn reset(&self) -> Result<(), SpoolError> {
        self.0.sealed.set(false);
        self.0.bytes.borrow_mut().clear();
        Ok(())
    }

    fn length(&self) -> u64 {
        self.0.bytes.borrow().len() as u64
    }

    fn sealed(&self) -> bool {
        self.0.sealed.get()
    }
}

impl Response for Played {
    fn status(&self) -> u16 {
        self.0.status
    }

    fn headers(&self) -> Headers {
        self.0.headers.clone()
    }

    fn read(&self, max: u32) -> Result<Vec<u8>, HttpError> {
        let rest = &self.0.body[self.1.get()..];
        let part = &rest[..rest.len().min(max as usize)];
        self.1.set(self.1.get() + part.len());
        Ok(part.to_vec())
    }
}
