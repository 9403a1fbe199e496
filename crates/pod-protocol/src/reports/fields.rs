//! The fields of a report that has been copied: what is known of them need not be found out again.

use std::ops::Range;

use serde::{
    Deserializer,
    de::{
        DeserializeSeed, MapAccess, Visitor,
        value::{BorrowedStrDeserializer, StrDeserializer},
    },
    forward_to_deserialize_any,
};

/// Numbers of so many digits are read here.
const DIGITS_MAX: usize = 18;

/// What the text of a value looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    /// `true`, `false` or `null`.
    Word,
    Number,
    /// A text without escapes.
    Plain,
    /// Anything else.
    Other,
}

/// Where a field stands in its payload.
#[derive(Clone, Copy, Debug)]
pub(super) struct Field {
    /// Its name, between the quotes.
    name: (u32, u32),
    value: (u32, u32),
    shape: Shape,
}

impl Field {
    /// A field of the payload that begins at `start`; `None` if it is not within reach.
    pub(super) fn new(
        start: usize,
        name: Range<usize>,
        value: Range<usize>,
        shape: Shape,
    ) -> Option<Self> {
        let within = |range: Range<usize>| {
            let place = |at: usize| u32::try_from(at - start).ok();
            Some((place(range.start)?, place(range.end)?))
        };
        Some(Self {
            name: within(name)?,
            value: within(value)?,
            shape,
        })
    }
}

fn part(text: &str, (start, end): (u32, u32)) -> &str {
    &text[start as usize..end as usize]
}

/// A payload and its fields.
#[derive(Clone, Copy, Debug)]
pub(super) struct Payload<'a> {
    pub(super) text: &'a str,
    pub(super) fields: &'a [Field],
}

impl<'de> Deserializer<'de> for Payload<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_map(Access {
            text: self.text,
            fields: self.fields.iter(),
            value: None,
        })
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option
        unit unit_struct newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

struct Access<'a> {
    text: &'a str,
    fields: std::slice::Iter<'a, Field>,
    value: Option<Value<'a>>,
}

impl<'de> MapAccess<'de> for Access<'de> {
    type Error = serde_json::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, Self::Error> {
        let Some(field) = self.fields.next() else {
            return Ok(None);
        };
        self.value = Some(Value {
            text: part(self.text, field.value),
            shape: field.shape,
        });
        let name = BorrowedStrDeserializer::new(part(self.text, field.name));
        seed.deserialize(name).map(Some)
    }

    fn next_value_seed<S: DeserializeSeed<'de>>(
        &mut self,
        seed: S,
    ) -> Result<S::Value, Self::Error> {
        let value = self
            .value
            .take()
            .expect("a value is asked for behind its name");
        seed.deserialize(value)
    }
}

#[derive(Clone, Copy, Debug)]
struct Value<'a> {
    text: &'a str,
    shape: Shape,
}

impl Value<'_> {
    /// A number of few digits.
    fn as_small(&self) -> Option<u64> {
        let is_small = self.text.len() <= DIGITS_MAX && self.shape == Shape::Number;
        let digits = self.text.bytes();
        is_small.then_some(())?;
        digits.into_iter().try_fold(0, |number, byte| {
            let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
            Some(number * 10 + digit)
        })
    }
}

impl<'de> Deserializer<'de> for Value<'de> {
    type Error = serde_json::Error;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match (self.shape, self.text) {
            (Shape::Plain, text) => visitor.visit_borrowed_str(&text[1..text.len() - 1]),
            (Shape::Word, "null") => visitor.visit_unit(),
            (Shape::Word, word) => visitor.visit_bool(word == "true"),
            (_, text) => match self.as_small() {
                Some(number) => visitor.visit_u64(number),
                None => serde_json::Deserializer::from_str(text).deserialize_any(visitor),
            },
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        match (self.shape, self.text) {
            (Shape::Word, "null") => visitor.visit_none(),
            _ => visitor.visit_some(self),
        }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _name: &'static str,
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Self::Error> {
        if self.shape == Shape::Plain {
            let text = &self.text[1..self.text.len() - 1];
            return StrDeserializer::new(text).deserialize_enum(name, variants, visitor);
        }
        serde_json::Deserializer::from_str(self.text).deserialize_enum(name, variants, visitor)
    }

    fn deserialize_ignored_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Self::Error> {
        visitor.visit_unit()
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf
        unit unit_struct seq tuple tuple_struct map struct identifier
    }
}
