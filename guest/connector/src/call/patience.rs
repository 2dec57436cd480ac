//! Whether there is another attempt, and the pause before it. The only place that pauses.

use super::{CallError, Run, Trouble};
use crate::account::{self, Account};
use crate::error::{Code, Failure};
use crate::ports::{Ports, Secret, SecretError, Step};
use crate::refusal::{Refused, Service, attempts, span};
use crate::retry::{Tries, Verdict, verdict};

/// Shortest pause for a locked file, in milliseconds.
const LOCK_PAUSE: u64 = 5_000;

/// Why there is no further attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Left {
    /// The run is being cancelled.
    Cancelled(Failure),
    /// A budget of the job does not hold the pause; which.
    Spent(String),
}

impl Left {
    /// The failure, unless the run is being cancelled.
    pub fn or(self, failure: Failure) -> Failure {
        match self {
            Self::Cancelled(cancelled) => cancelled,
            Self::Spent(_) => failure,
        }
    }
}

impl<P: Ports> Run<'_, P> {
    /// The attempts at a request that begins now.
    pub fn tries(&mut self) -> Tries {
        Tries::begin(self.elapsed())
    }

    /// Milliseconds since the run began.
    pub fn elapsed(&mut self) -> u64 {
        self.watch.read(self.ports.now())
    }

    /// "5 attempts in 42 s".
    pub fn tried(&mut self, tries: &Tries) -> String {
        let took = self.elapsed().saturating_sub(tries.since);
        attempts(tries.tried, took)
    }

    /// A failure once the job's deadline has come: nothing new is begun then.
    pub(super) fn in_time(&mut self) -> Result<(), Failure> {
        let now = self.elapsed();
        match self.limits.deadline {
            Some(deadline) if now >= deadline => Err(Failure::new(
                Code::DeadlineReached,
                format!("the job's deadline of {} has come", span(deadline)),
            )
            .hint("raise `deadline_seconds` under `[retry]`, or run the job at another time")
            .after(60)),
            _ => Ok(()),
        }
    }

    /// Opens an account, trying again where the sign-in service is away.
    pub fn account(&mut self, service: Service, name: &str) -> Result<Account<P>, Failure> {
        let mut tries = self.tries();
        loop {
            let (error, failure) = match account::open(self.ports, service, name) {
                Ok(account) => return Ok(account),
                Err(told) => told,
            };
            self.sign_in_again(&mut tries, &error, failure)?;
        }
    }

    /// Pauses before another sign-in where the service was away.
    fn sign_in_again(
        &mut self,
        tries: &mut Tries,
        error: &SecretError,
        failure: Failure,
    ) -> Result<(), Failure> {
        if !matches!(error, SecretError::Unavailable(_)) {
            return Err(failure);
        }
        tries.tried += 1;
        let left = match self.may_try(tries) {
            true => match self.pause(tries, None) {
                Ok(()) => return Ok(()),
                Err(Left::Cancelled(cancelled)) => return Err(cancelled),
                Err(Left::Spent(why)) => format!("; {why}"),
            },
            false => String::new(),
        };
        let message = format!("{} ({}{left})", failure.message, self.tried(tries));
        Err(Failure { message, ..failure })
    }

    /// Prepares another attempt, by pausing or signing in, or says why there is none.
    pub fn again(
        &mut self,
        tries: &mut Tries,
        what: &str,
        account: Option<&Account<P>>,
        trouble: Trouble,
    ) -> Result<(), CallError> {
        let verdict = match &trouble {
            Trouble::Refused(refusal) => verdict(refusal),
            Trouble::Lost(_) => Verdict::Again,
            Trouble::Stopped(_) => Verdict::Final,
        };
        self.again_as(verdict, tries, what, account, trouble)
    }

    /// The same where the caller knows better what the trouble calls for.
    pub fn again_as(
        &mut self,
        verdict: Verdict,
        tries: &mut Tries,
        what: &str,
        account: Option<&Account<P>>,
        trouble: Trouble,
    ) -> Result<(), CallError> {
        tries.tried += 1;
        let locked = trouble.locked();
        tries.locked += u32::from(locked);
        let left = match (verdict, account) {
            (Verdict::Again, _) if locked => self.pause_for_lock(tries, trouble.asked()),
            (Verdict::Again, _) if self.may_try(tries) => self.pause(tries, trouble.asked()),
            (Verdict::Renew, Some(account)) if !tries.renewed => {
                return self.renew(tries, what, account, trouble);
            }
            _ => return Err(self.give_up(tries, what, account, trouble, None)),
        };
        if let Trouble::Refused(refusal) = &trouble {
            tries.said = Some(refusal.traced());
        }
        match left {
            Ok(()) => Ok(()),
            Err(Left::Cancelled(cancelled)) => Err(CallError::Failed(cancelled)),
            Err(Left::Spent(why)) => Err(self.give_up(tries, what, account, trouble, Some(why))),
        }
    }

    /// Signs the account in anew, once for a request.
    fn renew(
        &mut self,
        tries: &mut Tries,
        what: &str,
        account: &Account<P>,
        trouble: Trouble,
    ) -> Result<(), CallError> {
        tries.renewed = true;
        self.tally.retries += 1;
        let mut sign_ins = self.tries();
        loop {
            match account.secret.renew() {
                Ok(()) => return Ok(()),
                Err(SecretError::Undeclared(_)) => {
                    return Err(self.give_up(tries, what, Some(account), trouble, None));
                }
                // Why there is no new token tells more than that the old one was refused.
                Err(error) => {
                    let failure = account::failure(account.service, "", error.clone());
                    self.sign_in_again(&mut sign_ins, &error, failure)
                        .map_err(CallError::Failed)?;
                }
            }
        }
    }

    /// Whether a request may be tried once more.
    pub fn may_try(&self, tries: &Tries) -> bool {
        tries.tried - tries.locked < self.limits.attempts
    }

    /// Pauses before another attempt.
    pub fn pause(&mut self, tries: &mut Tries, asked: Option<u64>) -> Result<(), Left> {
        let pause = tries.pause(asked, &mut self.random);
        self.rest(pause, asked)
    }

    /// Pauses for a file that is locked, within the job's window for that.
    fn pause_for_lock(&mut self, tries: &mut Tries, asked: Option<u64>) -> Result<(), Left> {
        let window = self.limits.lock_wait;
        let rest = window.saturating_sub(self.locked);
        let pause = tries.pause(asked, &mut self.random);
        if rest == 0 || asked.is_some_and(|asked| asked > rest) {
            return Err(Left::Spent(match (window, asked) {
                (0, _) => "the job does not wait for a lock".to_owned(),
                (_, Some(asked)) if asked > rest => format!(
                    "it asked for a pause of {}, and the job waits {} for a lock",
                    seconds(asked),
                    span(window)
                ),
                _ => format!("it stayed locked for {}", span(window)),
            }));
        }
        // Who has a file open rarely closes it within the second that SharePoint may name.
        let pause = pause.max(LOCK_PAUSE).min(rest);
        self.rest(pause, asked)?;
        self.locked += pause;
        Ok(())
    }

    /// Rests, if the job's budgets hold that.
    fn rest(&mut self, pause: u64, asked: Option<u64>) -> Result<(), Left> {
        let (most, waited) = (self.limits.wait, self.tally.waited);
        if waited.saturating_add(pause) > most {
            let mut why = match asked {
                Some(asked) if asked > 0 => {
                    let (asked, most) = (seconds(asked), span(most));
                    format!("it asked for a pause of {asked}, and the job may wait {most}")
                }
                _ => format!("the job may wait {}", span(most)),
            };
            if waited > 0 {
                let rest = span(most.saturating_sub(waited));
                why.push_str(&format!(", of which {rest} are left"));
            }
            return Err(Left::Spent(why));
        }
        let now = self.elapsed();
        if let Some(deadline) = self.limits.deadline
            && now.saturating_add(pause) >= deadline
        {
            let rest = span(deadline.saturating_sub(now));
            return Err(Left::Spent(match asked {
                Some(asked) if asked > 0 => format!(
                    "it asked for a pause of {}, and the job's deadline leaves {rest}",
                    seconds(asked)
                ),
                _ => format!("the job's deadline leaves {rest}"),
            }));
        }
        self.ports.report(Step::Waiting(pause));
        let slept = self.ports.sleep(pause);
        slept.map_err(|_| Left::Cancelled(Failure::cancelled()))?;
        self.watch.paused(pause, self.ports.now());
        self.tally.waited = waited.saturating_add(pause);
        self.tally.retries += 1;
        Ok(())
    }

    /// The error that ends a call.
    fn give_up(
        &mut self,
        tries: &Tries,
        what: &str,
        account: Option<&Account<P>>,
        trouble: Trouble,
        left: Option<String>,
    ) -> CallError {
        let tried = self.tried(tries);
        match trouble {
            Trouble::Stopped(failure) if failure.code == Code::DeadlineReached => {
                let message = format!("{what} was not begun: {}", failure.message);
                CallError::Failed(Failure { message, ..failure })
            }
            Trouble::Stopped(failure) => CallError::Failed(failure),
            Trouble::Lost(lost) => {
                let before = tries
                    .said
                    .as_ref()
                    .map(|said| format!("before that {said}"));
                let told: Vec<String> = [Some(tried), before, left].into_iter().flatten().collect();
                CallError::Failed(lost.failure(what, &told.join("; ")))
            }
            Trouble::Refused(refusal) => {
                let barred = refusal.status == 403 && refusal.service == Service::SharePoint;
                let identity = account.filter(|_| barred).map(|a| &a.identity);
                CallError::Refused(Box::new(Refused {
                    what: what.to_owned(),
                    hint: identity.map(|i| account::permission_hint(i).to_owned()),
                    tried,
                    left,
                    refusal,
                }))
            }
        }
    }
}

/// A pause that was asked for, in whole seconds.
fn seconds(asked: u64) -> String {
    span(asked.div_ceil(1000).saturating_mul(1000))
}
