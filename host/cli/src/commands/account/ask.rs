//! Asks the person at the terminal. What is secret is not shown while it is typed.

use std::io::IsTerminal as _;

use zeroize::Zeroizing;

use crate::error::Error;

/// Somebody who can answer.
pub struct Person(());

impl Person {
    /// Whoever sits at the terminal; nobody where stdin is something else.
    pub fn present() -> Option<Self> {
        std::io::stdin().is_terminal().then_some(Self(()))
    }

    /// An answer; none where it is empty.
    pub fn answer(&self, question: &str) -> Result<Option<String>, Error> {
        eprint!("{question}: ");
        let mut line = String::new();
        std::io::stdin()
            .read_line(&mut line)
            .map_err(|cause| unanswered(&cause))?;
        let answer = line.trim();
        Ok((!answer.is_empty()).then(|| answer.to_owned()))
    }

    /// An answer that is not shown.
    pub fn secret(&self, question: &str) -> Result<Zeroizing<String>, Error> {
        let answer = rpassword::prompt_password(format!("{question} (not shown): "));
        answer
            .map(Zeroizing::new)
            .map_err(|cause| unanswered(&cause))
    }

    /// Whether the answer is yes.
    pub fn agrees(&self, question: &str) -> Result<bool, Error> {
        let answer = self.answer(&format!("{question} [y/N]"))?;
        Ok(answer.is_some_and(|answer| matches!(answer.as_str(), "y" | "Y" | "yes" | "Yes")))
    }
}

fn unanswered(cause: &std::io::Error) -> Error {
    Error::failed("the terminal does not answer").because(cause)
}
