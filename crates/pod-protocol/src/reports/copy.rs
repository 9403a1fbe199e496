//! JSON from text to text: as if it had been read into a map and written again, without the map.
//!
//! A name that comes twice in one object makes the difference (a map keeps the last value in the
//! first place), so it is looked for, and such a line is left alone.

use std::{fmt, ops::Range};

use serde::de::{self, DeserializeSeed, Deserializer, MapAccess, SeqAccess, Visitor};

use crate::{Kind, record::ENVELOPE};

/// Objects with more fields are left to a map: each name is compared with all before it.
const NAMES_MAX: usize = 32;

/// Adds the kind of a report to `kinds` and the rest of it to `payloads`, as an object. Returns
/// whether that was possible; if not, something may have been added. `names` is room to work in.
pub(super) fn copy_fields(
    line: &[u8],
    kinds: &mut String,
    payloads: &mut Vec<u8>,
    names: &mut Names,
) -> bool {
    // Once for the line is less than once for each text in it.
    let Ok(line) = std::str::from_utf8(line) else {
        return false;
    };
    let mut deserializer = serde_json::Deserializer::from_str(line);
    names.clear();
    let fields = FieldsVisitor {
        kinds,
        copy: Copy {
            to: payloads,
            names,
        },
    };
    deserializer.deserialize_map(fields).is_ok() && deserializer.end().is_ok()
}

/// The names of the objects at hand, as they stand in the copy, the innermost last.
pub(super) type Names = Vec<Range<usize>>;

/// A text, which may have been written with escapes.
#[derive(Clone, Copy)]
enum Text<'a> {
    /// It was written as it is, so it can be again: JSON has one set of characters that need an
    /// escape, and none of them is in it.
    Plain(&'a str),
    /// Others choose which escapes they use.
    Escaped(&'a str),
}

impl<'a> Text<'a> {
    const fn as_str(self) -> &'a str {
        match self {
            Self::Plain(text) | Self::Escaped(text) => text,
        }
    }
}

/// Writes what it visits.
struct Copy<'a> {
    to: &'a mut Vec<u8>,
    names: &'a mut Names,
}

impl Copy<'_> {
    fn write<E: de::Error>(&mut self, value: &(impl serde::Serialize + ?Sized)) -> Result<(), E> {
        serde_json::to_writer(&mut *self.to, value).map_err(E::custom)
    }

    fn text<E: de::Error>(&mut self, text: Text<'_>) -> Result<(), E> {
        match text {
            Text::Plain(text) => {
                self.to.push(b'"');
                self.to.extend_from_slice(text.as_bytes());
                self.to.push(b'"');
                Ok(())
            }
            Text::Escaped(text) => self.write(text),
        }
    }

    /// Writes a name of the object whose names begin at `outer`.
    fn name<E: de::Error>(&mut self, name: Text<'_>, outer: usize) -> Result<(), E> {
        if self.names.len() > outer {
            self.to.push(b',');
        }
        let start = self.to.len();
        self.text(name)?;
        let name = start..self.to.len();
        let before = &self.names[outer..];
        let is_known = |known: &Range<usize>| self.to[known.clone()] == self.to[name.clone()];
        if before.len() == NAMES_MAX || before.iter().any(is_known) {
            return Err(E::custom("an object for a map"));
        }
        self.names.push(name);
        self.to.push(b':');
        Ok(())
    }
}

impl<'de> DeserializeSeed<'de> for &mut Copy<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for &mut Copy<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("any JSON value")
    }

    fn visit_bool<E: de::Error>(self, value: bool) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<(), E> {
        self.write(&value)
    }

    fn visit_borrowed_str<E: de::Error>(self, value: &'de str) -> Result<(), E> {
        self.text(Text::Plain(value))
    }

    fn visit_str<E: de::Error>(self, value: &str) -> Result<(), E> {
        self.text(Text::Escaped(value))
    }

    fn visit_unit<E: de::Error>(self) -> Result<(), E> {
        self.write(&())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut values: A) -> Result<(), A::Error> {
        self.to.push(b'[');
        let first = self.to.len();
        while values
            .next_element_seed(Element { copy: self, first })?
            .is_some()
        {}
        self.to.push(b']');
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let outer = self.names.len();
        self.to.push(b'{');
        while fields.next_key_seed(Name { copy: self, outer })?.is_some() {
            fields.next_value_seed(&mut *self)?;
        }
        self.to.push(b'}');
        self.names.truncate(outer);
        Ok(())
    }
}

/// A value of an array whose first one begins at `first`.
struct Element<'a, 'b> {
    copy: &'a mut Copy<'b>,
    first: usize,
}

impl<'de> DeserializeSeed<'de> for Element<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        if self.copy.to.len() > self.first {
            self.copy.to.push(b',');
        }
        self.copy.deserialize(deserializer)
    }
}

/// A name within an object, which is copied.
struct Name<'a, 'b> {
    copy: &'a mut Copy<'b>,
    outer: usize,
}

impl<'de> DeserializeSeed<'de> for Name<'_, '_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Name<'_, '_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a name")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<(), E> {
        self.copy.name(Text::Plain(name), self.outer)
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<(), E> {
        self.copy.name(Text::Escaped(name), self.outer)
    }
}

/// What the name of a field of the report itself says of its value.
enum Role {
    /// It is what the report is about.
    Kind,
    /// It is part of the payload, and its name is written.
    Payload,
}

/// A name of the report itself.
struct FieldName<'a, 'b>(&'a mut Copy<'b>);

impl<'de> DeserializeSeed<'de> for FieldName<'_, '_> {
    type Value = Role;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Role, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl FieldName<'_, '_> {
    fn visit<E: de::Error>(self, name: Text<'_>) -> Result<Role, E> {
        match name.as_str() {
            "kind" => Ok(Role::Kind),
            text if ENVELOPE.contains(&text) => Err(E::custom("a field of the host")),
            _ => self.0.name(name, 0).map(|()| Role::Payload),
        }
    }
}

impl<'de> Visitor<'de> for FieldName<'_, '_> {
    type Value = Role;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_borrowed_str<E: de::Error>(self, name: &'de str) -> Result<Role, E> {
        self.visit(Text::Plain(name))
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Role, E> {
        self.visit(Text::Escaped(name))
    }
}

/// The kind, which is checked.
struct KindText<'a>(&'a mut String);

impl<'de> DeserializeSeed<'de> for KindText<'_> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KindText<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind")
    }

    fn visit_str<E: de::Error>(self, kind: &str) -> Result<(), E> {
        if !Kind::is_valid(kind) {
            return Err(E::custom("not a kind"));
        }
        self.0.push_str(kind);
        Ok(())
    }
}

/// The whole line.
struct FieldsVisitor<'a> {
    kinds: &'a mut String,
    copy: Copy<'a>,
}

impl<'de> Visitor<'de> for FieldsVisitor<'_> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object with a kind")
    }

    fn visit_map<A: MapAccess<'de>>(mut self, mut fields: A) -> Result<(), A::Error> {
        let mut has_kind = false;
        self.copy.to.push(b'{');
        while let Some(role) = fields.next_key_seed(FieldName(&mut self.copy))? {
            match role {
                Role::Payload => fields.next_value_seed(&mut self.copy)?,
                Role::Kind if has_kind => return Err(de::Error::duplicate_field("kind")),
                Role::Kind => {
                    fields.next_value_seed(KindText(self.kinds))?;
                    has_kind = true;
                }
            }
        }
        self.copy.to.push(b'}');
        match has_kind {
            true => Ok(()),
            false => Err(de::Error::missing_field("kind")),
        }
    }
}
