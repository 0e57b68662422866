//! SQL values in and out, so that no database library shows in a signature.

use bytes::Bytes;
use rusqlite::types::{ToSqlOutput, ValueRef};

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

/// A parameter on its way into a statement.
pub(crate) struct Parameter<'a>(pub(crate) &'a Value);

impl rusqlite::ToSql for Parameter<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Value::Null => ValueRef::Null,
            Value::Integer(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
            Value::Real(number) => ValueRef::Real(*number),
        }))
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
        let wrong = || Error::Column { index, expected: T::EXPECTED };
        let value = match self.row.get_ref(index).map_err(|_| wrong())? {
            ValueRef::Null => Value::Null,
            ValueRef::Integer(number) => Value::Integer(number),
            ValueRef::Real(number) => Value::Real(number),
            ValueRef::Text(bytes) => {
                Value::Text(std::str::from_utf8(bytes).map_err(|_| wrong())?.to_owned())
            }
            ValueRef::Blob(bytes) => Value::Blob(bytes.to_vec()),
        };
        T::from_value(value).ok_or_else(wrong)
    }
}

/// A type a column can be read as; apps may implement it for their own.
pub trait FromColumn: Sized {
    /// What it is, for the error: `a whole number`.
    const EXPECTED: &'static str;
    /// The value, if the column holds one of this type.
    fn from_value(value: Value) -> Option<Self>;
}

impl FromColumn for Value {
    const EXPECTED: &'static str = "there";

    fn from_value(value: Value) -> Option<Self> {
        Some(value)
    }
}

impl<T: FromColumn> FromColumn for Option<T> {
    const EXPECTED: &'static str = T::EXPECTED;

    fn from_value(value: Value) -> Option<Self> {
        if value == Value::Null { Some(None) } else { T::from_value(value).map(Some) }
    }
}

impl FromColumn for i64 {
    const EXPECTED: &'static str = "a whole number";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Integer(number) = value { Some(number) } else { None }
    }
}

impl FromColumn for u64 {
    const EXPECTED: &'static str = "a whole number";

    /// The bits as `Value::from(u64)` wrote them.
    fn from_value(value: Value) -> Option<Self> {
        i64::from_value(value).map(i64::cast_unsigned)
    }
}

impl FromColumn for u32 {
    const EXPECTED: &'static str = "a whole number of 32 bits";

    fn from_value(value: Value) -> Option<Self> {
        Self::try_from(i64::from_value(value)?).ok()
    }
}

impl FromColumn for i32 {
    const EXPECTED: &'static str = "a whole number of 32 bits";

    fn from_value(value: Value) -> Option<Self> {
        Self::try_from(i64::from_value(value)?).ok()
    }
}

impl FromColumn for bool {
    const EXPECTED: &'static str = "0 or 1";

    fn from_value(value: Value) -> Option<Self> {
        match value {
            Value::Integer(0) => Some(false),
            Value::Integer(1) => Some(true),
            _ => None,
        }
    }
}

impl FromColumn for f64 {
    const EXPECTED: &'static str = "a number";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Real(number) = value { Some(number) } else { None }
    }
}

impl FromColumn for String {
    const EXPECTED: &'static str = "text";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Text(text) = value { Some(text) } else { None }
    }
}

impl FromColumn for Box<str> {
    const EXPECTED: &'static str = "text";

    fn from_value(value: Value) -> Option<Self> {
        String::from_value(value).map(String::into_boxed_str)
    }
}

impl FromColumn for Vec<u8> {
    const EXPECTED: &'static str = "bytes";

    fn from_value(value: Value) -> Option<Self> {
        if let Value::Blob(bytes) = value { Some(bytes) } else { None }
    }
}

impl FromColumn for Bytes {
    const EXPECTED: &'static str = "bytes";

    fn from_value(value: Value) -> Option<Self> {
        Vec::from_value(value).map(Self::from)
    }
}

impl FromColumn for TopicId {
    const EXPECTED: &'static str = "a topic";

    fn from_value(value: Value) -> Option<Self> {
        u64::from_value(value).map(Self)
    }
}
