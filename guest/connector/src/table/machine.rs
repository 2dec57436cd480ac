//! The rules, a byte at a time: where fields and records end, and what is an error. Never in a hurry.

use std::mem;

use super::error::{Place, TableError, TableErrorKind};
use super::header::Header;

const BYTE_ORDER_MARK: [u8; 3] = *b"\xEF\xBB\xBF";

/// Where in a field the next byte falls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// Before the first byte of a field: a quote here opens it.
    Start,
    /// In an unquoted field, or past the closing quote of one: a quote here is text.
    Plain,
    /// Between the quotes.
    Quoted,
    /// After a quote between the quotes: another makes it text, anything else makes it the closing one.
    Closing,
}

/// The state between two bytes. The fast lane moves it ahead 64 bytes at a time.
#[derive(Debug)]
pub(super) struct Machine {
    pub(super) mode: Mode,
    /// The last byte was a CR, so that a LF now is the rest of that line end.
    pub(super) after_cr: bool,
    pub(super) byte: u64,
    /// Line of the next byte, from 1 on.
    pub(super) line: u64,
    /// Records that have ended, the header included.
    pub(super) ended: u64,
    /// Delimiters so far in the record under way.
    pub(super) delimiters: u64,
    /// Where the record under way begins.
    pub(super) record: (u64, u64),
    /// Where the quoted field read last was opened.
    pub(super) quote: (u64, u64),
    columns: u64,
    header: Header,
    mark: usize,
    trouble: Option<Trouble>,
}

#[derive(Clone, Copy, Debug)]
enum Trouble {
    /// A blank line, which is harmless if only blank lines follow.
    Blank(TableError),
    Spoilt(TableError),
}

impl Machine {
    pub(super) fn new() -> Self {
        Self {
            mode: Mode::Start,
            after_cr: false,
            byte: 0,
            line: 1,
            ended: 0,
            delimiters: 0,
            record: (0, 1),
            quote: (0, 1),
            columns: 0,
            header: Header::default(),
            mark: 0,
            trouble: None,
        }
    }

    /// Takes bytes one by one.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), TableError> {
        bytes.iter().try_for_each(|byte| self.step(*byte))
    }

    /// The delimiters in each record, where all that remains is to count: the header is known, nothing is wrong.
    pub(super) fn steady(&self) -> Option<u64> {
        (self.ended > 0 && self.trouble.is_none()).then(|| self.columns - 1)
    }

    /// Ends a record that no line end has ended.
    pub(super) fn finish(&mut self) -> Result<(), TableError> {
        if let Some(Trouble::Spoilt(error)) = self.trouble {
            return Err(error);
        }
        if self.mode == Mode::Quoted {
            let error = self.error(TableErrorKind::OpenQuote, self.quote);
            return self.spoil(error);
        }
        match self.is_ended() {
            true => Ok(()),
            false => self.end_record(),
        }
    }

    /// Whether no record is under way.
    pub(super) fn is_ended(&self) -> bool {
        self.byte == self.record.0
    }

    pub(super) fn records(&self) -> u64 {
        self.ended.saturating_sub(1)
    }

    pub(super) fn columns(&self) -> u64 {
        self.columns
    }

    pub(super) fn bytes(&self) -> u64 {
        self.byte
    }

    pub(super) fn names(&self) -> &[String] {
        self.header.names()
    }

    pub(super) fn into_names(self) -> Vec<String> {
        self.header.into_names()
    }

    fn step(&mut self, byte: u8) -> Result<(), TableError> {
        self.recall(byte)?;
        let after_cr = mem::replace(&mut self.after_cr, byte == b'\r');
        match (self.mode, byte) {
            (Mode::Quoted, b'"') => self.mode = Mode::Closing,
            (Mode::Quoted, _) => self.text(byte),
            (Mode::Closing, b'"') => {
                self.mode = Mode::Quoted;
                self.text(byte);
            }
            (Mode::Start, b'"') => {
                self.mode = Mode::Quoted;
                self.quote = (self.byte, self.line);
            }
            (_, b',') => self.end_field(),
            (_, b'\n') if after_cr => self.record.0 += 1,
            (_, b'\r' | b'\n') => self.end_record()?,
            _ => {
                self.mode = Mode::Plain;
                self.text(byte);
            }
        }
        self.advance(byte, after_cr);
        Ok(())
    }

    /// Repeats the error of a spoilt table, and makes one of a blank line that turns out not to be at the end.
    fn recall(&mut self, byte: u8) -> Result<(), TableError> {
        match self.trouble {
            None => Ok(()),
            Some(Trouble::Blank(_)) if matches!(byte, b'\r' | b'\n') => Ok(()),
            Some(Trouble::Blank(error) | Trouble::Spoilt(error)) => self.spoil(error),
        }
    }

    fn text(&mut self, byte: u8) {
        if self.ended == 0 {
            self.header.push(byte);
        }
    }

    fn end_field(&mut self) {
        self.mode = Mode::Start;
        self.delimiters += 1;
        if self.ended == 0 {
            self.header.end_name();
        }
    }

    /// Ends a record at the byte under way, which is its line end or lies past the end of the file.
    fn end_record(&mut self) -> Result<(), TableError> {
        let blank = self.byte == self.record.0;
        self.end_field();
        let found = mem::take(&mut self.delimiters);
        if self.ended == 0 {
            self.columns = found;
        }
        if found == self.columns {
            self.ended += 1;
        } else if blank {
            let error = self.error(
                TableErrorKind::Blank {
                    expected: self.columns,
                },
                self.record,
            );
            self.trouble.get_or_insert(Trouble::Blank(error));
        } else {
            let error = self.error(
                TableErrorKind::Ragged {
                    found,
                    expected: self.columns,
                },
                self.record,
            );
            self.spoil(error)?;
        }
        self.record = (self.byte + 1, self.line + 1);
        Ok(())
    }

    fn advance(&mut self, byte: u8, after_cr: bool) {
        let ends_line = byte == b'\r' || (byte == b'\n' && !after_cr);
        self.line += u64::from(ends_line);
        self.byte += 1;
        let marked = self.mark < BYTE_ORDER_MARK.len() && self.byte == self.mark as u64 + 1;
        if marked && byte == BYTE_ORDER_MARK[self.mark] {
            self.mark += 1;
            self.pass_mark();
        }
    }

    /// Begins anew once the byte order mark is complete: until then it might have been text.
    fn pass_mark(&mut self) {
        if self.mark == BYTE_ORDER_MARK.len() {
            self.mode = Mode::Start;
            self.record.0 = self.byte;
            self.header.restart();
        }
    }

    fn error(&self, kind: TableErrorKind, (byte, line): (u64, u64)) -> TableError {
        TableError {
            kind,
            place: Place {
                record: self.ended,
                line,
                byte,
            },
        }
    }

    fn spoil(&mut self, error: TableError) -> Result<(), TableError> {
        self.trouble = Some(Trouble::Spoilt(error));
        Err(error)
    }
}
