//! Turns among runs that do not share a state folder: a port to what a program knows them by.

use std::io;

use crate::boxed::BoxFuture;

/// Lets runs at one file go one after the other, where they are not all of one state folder, such as on several
/// machines. [`Run::turns`](crate::Run::turns) takes one.
pub trait Turns: Send + Sync {
    /// Takes the turn called `name` (1 to 1,024 bytes), unless another run has it: then the answer is `false`, and the
    /// question comes again in a second. The run has its turn until it is over, which the program sees.
    ///
    /// # Errors
    /// Why nobody knows. The text is shown to people.
    fn take<'a>(&'a self, name: &'a str) -> BoxFuture<'a, io::Result<bool>>;
}
