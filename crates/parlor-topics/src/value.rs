//! SQL values in and out, so that no database library shows in a signature.

use bytes::Bytes;

use crate::{Error, TopicId};

/// A parameter of a statement.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// Nothing.
    Null,
    /// A whole number.
    Integer(i64),
    /// Text.
    Text(String),
    /// Bytes.
    Blob(Vec<u8>),
    /// A fraction.
    Real(f64),
}

/// The parameters of a statement: `params![id, "name", None::<i64>]`.
#[macro_export]
macro_rules! params {
    ($($value:expr),* $(,)?) => { &[$($crate::Value::from($value)),*] as &[$crate::Value] };
}

impl From<i64> for Value {
    fn from(value: i64) -> Self {
        Self::Integer(value)
    }
}

impl From<i32> for Value {
    fn from(value: i32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u32> for Value {
    fn from(value: u32) -> Self {
        Self::Integer(value.into())
    }
}

impl From<u64> for Value {
    /// Keeps the bits: numbers above `i64::MAX` come back whole, but sort as negative in SQL.
    fn from(value: u64) -> Self {
        Self::Integer(value.cast_signed())
    }
}

impl From<TopicId> for Value {
    fn from(value: TopicId) -> Self {
        value.0.into()
    }
}

impl From<bool> for Value {
    fn from(value: bool) -> Self {
        Self::Integer(value.into())
    }
}

impl From<f64> for Value {
    fn from(value: f64) -> Self {
        Self::Real(value)
    }
}

impl From<&str> for Value {
    fn from(value: &str) -> Self {
        Self::Text(value.to_owned())
    }
}

impl From<&String> for Value {
    fn from(value: &String) -> Self {
        Self::Text(value.clone())
    }
}

impl From<String> for Value {
    fn from(value: String) -> Self {
        Self::Text(value)
    }
}

impl From<&[u8]> for Value {
    fn from(value: &[u8]) -> Self {
        Self::Blob(value.to_vec())
    }
}

impl From<Vec<u8>> for Value {
    fn from(value: Vec<u8>) -> Self {
        Self::Blob(value)
    }
}

impl<T> From<Option<T>> for Value
where
    Self: From<T>,
{
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Self::from)
    }
}

/// One row of a result.
pub struct Row<'a> {
    row: &'a rusqlite::Row<'a>,
}

impl<'a> Row<'a> {
    pub(crate) fn new(row: &'a rusqlite::Row<'a>) -> Self {
        Self { row }
    }

    /// The value of a column, counted from 0.
    pub fn get<T: FromColumn>(&self, index: usize) -> Result<T, Error> {
        let _ = &self.row;
        let _ = index;
        todo!()
    }
}

/// A type a column can be read as.
pub trait FromColumn: Sized {
    /// What it is, for the error: `a whole number`.
    const EXPECTED: &'static str;
    /// The value, if the column holds one of this type.
    fn from_value(value: Value) -> Option<Self>;
}

macro_rules! columns { ($($type:ty),*) => { $(impl FromColumn for $type {
    const EXPECTED: &'static str = stringify!($type);
    fn from_value(_: Value) -> Option<Self> { todo!() }
})* } }
columns!(i64, u64, u32, i32, bool, f64, String, Box<str>, Vec<u8>, Bytes, TopicId, Value);

impl<T: FromColumn> FromColumn for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;
    fn from_value(_: Value) -> Option<Self> {
        todo!()
    }
}
