//! The ports on the world.

use super::domo::INSTANCE;
use super::fault::{self, Act};
use super::{Answer, Bytes, Sent, Turn, World, reset, serve};
use std::cell::RefCell;
use writeback_connector::message::{Content, Headers, Request};
use writeback_connector::ports::{
    Blob, Cancelled, HttpError, Identity, Level, Ports, Response, Secret, SecretError, SpoolError,
    Step, TurnError,
};

pub struct FakeSecret {
    world: World,
    name: &'static str,
}

pub struct FakeBlob {
    world: World,
    name: String,
}

pub struct FakeResponse {
    world: World,
    answer: Answer,
    at: RefCell<usize>,
    breaks: bool,
}

impl Ports for World {
    type Secret = FakeSecret;
    type Blob = FakeBlob;
    type Response = FakeResponse;

    fn secret(&self, name: &str) -> Result<FakeSecret, SecretError> {
        let known = ["domo", "sharepoint"];
        match known.into_iter().find(|known| *known == name) {
            Some(name) => Ok(FakeSecret {
                world: self.clone(),
                name,
            }),
            None => Err(SecretError::Undeclared(format!(
                "the run has no account `{name}`"
            ))),
        }
    }

    fn blob(&self, name: &str) -> Result<FakeBlob, SpoolError> {
        self.state().blobs.entry(name.to_owned()).or_default();
        Ok(FakeBlob {
            world: self.clone(),
            name: name.to_owned(),
        })
    }

    fn send(
        &self,
        request: &Request,
        blob: Option<&FakeBlob>,
        auth: Option<&FakeSecret>,
    ) -> Result<FakeResponse, HttpError> {
        self.call(|| self.serve(request, blob, auth))
    }

    fn prefetch(&self, request: &Request, _: &FakeSecret) {
        self.state().prefetched.push(request.clone());
    }

    fn now(&self) -> u64 {
        self.state().now
    }

    fn sleep(&self, milliseconds: u64) -> Result<(), Cancelled> {
        self.call(|| {
            let mut state = self.state();
            if state.cancel_at_sleep {
                return Err(Cancelled);
            }
            state.slept += milliseconds;
            state.now = (state.now + milliseconds).saturating_add_signed(state.jumps);
            Ok(())
        })
    }

    fn save(&self, bytes: &[u8]) -> Result<(), String> {
        self.call(|| {
            let mut state = self.state();
            if state.save_fails {
                return Err("no space left on device".to_owned());
            }
            state.saved.push(bytes.to_vec());
            Ok(())
        })
    }

    fn hold(&self, name: &str) -> Result<bool, TurnError> {
        let mut state = self.state();
        state.held.push(name.to_owned());
        match state.turn.take() {
            None => Ok(false),
            Some(Turn::After(change)) => {
                change(&mut state);
                Ok(true)
            }
            Some(Turn::Never(error)) => Err(error),
        }
    }

    fn report(&self, step: Step) {
        self.call(|| self.state().steps.push(step));
    }

    fn log(&self, level: Level, text: &str) {
        self.state().lines.push((level, text.to_owned()));
    }

    fn seed(&self) -> (u64, u64) {
        (1, 2)
    }
}

impl World {
    fn serve(
        &self,
        request: &Request,
        blob: Option<&FakeBlob>,
        auth: Option<&FakeSecret>,
    ) -> Result<FakeResponse, HttpError> {
        let content = match (&request.content, blob) {
            (Content::Slice { offset, length }, Some(blob)) => blob.slice(*offset, *length),
            (Content::Slice { .. }, None) => panic!("a slice without a blob"),
            (Content::Bytes(bytes), _) => bytes.clone(),
            (Content::Empty, _) => Vec::new(),
        };
        let auth = auth.map(|secret| secret.name);
        let mut state = self.state();
        state.now = state.now.saturating_add(state.latency);
        let at = state.slept + state.latency * state.sent.len() as u64;
        state.sent.push(Sent {
            at,
            method: request.method,
            url: request.url.clone(),
            headers: request.headers.clone(),
            content: request.content.clone(),
            auth: auth.map(str::to_owned),
        });
        let act = fault::next(&mut state, request);
        if let Some(Act::Before(change)) = &act {
            change(&mut state);
        }
        match &act {
            Some(Act::Answer(status, headers, body)) => {
                let headers = headers.iter().map(|(k, v)| ((*k).to_owned(), v.clone()));
                let (headers, body) = (headers.collect(), body.clone().into_bytes());
                return Ok(self.reply(Answer {
                    status: *status,
                    headers,
                    body,
                }));
            }
            Some(Act::Error(error)) => return Err(error.clone()),
            _ => {}
        }
        let mut answer = serve(&mut state, request, &content, auth);
        match act {
            Some(Act::LoseReply) => return Err(reset()),
            Some(Act::LoseReplyAnd(change)) => {
                change(&mut state);
                return Err(reset());
            }
            Some(Act::Cut(bytes)) => {
                answer.body.truncate(bytes);
                return Ok(FakeResponse {
                    breaks: true,
                    ..self.reply(answer)
                });
            }
            Some(Act::Truncate(bytes)) => answer.body.truncate(bytes),
            Some(Act::Alter(change)) => {
                let mut body = serde_json::from_slice(&answer.body).unwrap();
                change(&mut body);
                answer.body = body.to_string().into_bytes();
            }
            Some(Act::After(change)) => change(&mut state),
            _ => {}
        }
        Ok(self.reply(answer))
    }
}

impl Secret for FakeSecret {
    fn endpoint(&self, service: &str) -> Result<String, SecretError> {
        match (self.name, service) {
            ("domo", "api") => Ok("https://api.domo.com".to_owned()),
            ("domo", "instance") if self.world.state().domo.permissions.is_some() => {
                Ok(INSTANCE.to_owned())
            }
            ("sharepoint", "graph") => Ok("https://graph.microsoft.com/v1.0".to_owned()),
            _ => Err(SecretError::Undeclared(format!(
                "account `{}` has no service `{service}`",
                self.name
            ))),
        }
    }

    fn identity(&self) -> Result<Identity, SecretError> {
        let state = self.world.state();
        match state.refusals.get(self.name) {
            Some(refusal) => Err(refusal.clone()),
            None => Ok(state.identities[self.name].clone()),
        }
    }

    fn renew(&self) -> Result<(), SecretError> {
        self.world.call(|| self.renewed())
    }
}

impl FakeSecret {
    fn renewed(&self) -> Result<(), SecretError> {
        let mut state = self.world.state();
        if state.away > 0 {
            state.away -= 1;
            return Err(SecretError::Unavailable("no route to host".to_owned()));
        }
        if state.renewals == 2 {
            return Err(SecretError::Refused("two renewals a run".to_owned()));
        }
        state.renewals += 1;
        state.domo.token_expired = false;
        Ok(())
    }
}

impl FakeBlob {
    fn with<T>(&self, act: impl FnOnce(&mut Bytes) -> T) -> T {
        let world = &self.world;
        world.call(|| act(world.state().blobs.get_mut(&self.name).unwrap()))
    }

    fn slice(&self, offset: u64, length: u64) -> Vec<u8> {
        let (from, length) = (offset as usize, length as usize);
        self.with(|blob| {
            assert!(blob.sealed, "only sealed bytes are sent");
            blob.bytes[from..from + length].to_vec()
        })
    }
}

impl Blob for FakeBlob {
    fn append(&self, bytes: &[u8]) -> Result<(), SpoolError> {
        let quota = self.world.state().quota;
        self.with(|blob| {
            assert!(!blob.sealed, "append after seal");
            blob.bytes.extend_from_slice(bytes);
            match blob.bytes.len() as u64 > quota {
                true => Err(SpoolError::Full(format!("no room beyond {quota} bytes"))),
                false => Ok(()),
            }
        })
    }

    fn seal(&self) -> Result<(), SpoolError> {
        self.with(|blob| blob.sealed = true);
        Ok(())
    }

    fn reset(&self) -> Result<(), SpoolError> {
        self.with(|blob| *blob = Bytes::default());
        Ok(())
    }

    fn length(&self) -> u64 {
        self.with(|blob| blob.bytes.len() as u64)
    }

    fn sealed(&self) -> bool {
        self.with(|blob| blob.sealed)
    }
}

impl World {
    fn reply(&self, answer: Answer) -> FakeResponse {
        FakeResponse {
            world: self.clone(),
            answer,
            at: RefCell::new(0),
            breaks: false,
        }
    }
}

impl Response for FakeResponse {
    fn status(&self) -> u16 {
        self.answer.status
    }

    fn headers(&self) -> Headers {
        Headers(self.answer.headers.clone())
    }

    fn read(&self, max: u32) -> Result<Vec<u8>, HttpError> {
        self.world.call(|| {
            let mut at = self.at.borrow_mut();
            let rest = &self.answer.body[*at..];
            let part = &rest[..rest.len().min(max as usize)];
            if part.is_empty() && self.breaks {
                return Err(reset());
            }
            *at += part.len();
            Ok(part.to_vec())
        })
    }
}
