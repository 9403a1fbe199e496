//! Text of the operating system that may not be UTF-8, kept exactly.

use std::{
    ffi::{OsStr, OsString},
    os::unix::ffi::{OsStrExt, OsStringExt},
};

use serde::{Deserialize, Serialize};

/// An argument, path or variable as the kernel has it. In JSON a string where it is UTF-8, else
/// `{"hex":"…"}`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ExactString {
    /// UTF-8.
    Text(String),
    /// Any other bytes, as lower-case hexadecimal.
    Bytes {
        /// Two digits a byte.
        #[serde(with = "hex")]
        hex: Vec<u8>,
    },
}

impl ExactString {
    /// The bytes as the kernel has them.
    #[must_use]
    pub fn as_os_str(&self) -> &OsStr {
        match self {
            Self::Text(text) => OsStr::new(text),
            Self::Bytes { hex } => OsStr::from_bytes(hex),
        }
    }

    /// The same for reading: invalid parts become `U+FFFD`.
    #[must_use]
    pub fn to_text(&self) -> String {
        self.as_os_str().to_string_lossy().into_owned()
    }
}

impl From<OsString> for ExactString {
    fn from(text: OsString) -> Self {
        text.into_string().map_or_else(
            |bytes| Self::Bytes {
                hex: bytes.into_vec(),
            },
            Self::Text,
        )
    }
}

impl From<&OsStr> for ExactString {
    fn from(text: &OsStr) -> Self {
        text.to_owned().into()
    }
}

impl From<&str> for ExactString {
    fn from(text: &str) -> Self {
        Self::Text(text.to_owned())
    }
}

mod hex {
    use std::fmt::Write;

    use serde::{Deserialize, Deserializer, Serializer, de};

    pub(super) fn serialize<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
        let mut text = String::with_capacity(bytes.len() * 2);
        for byte in bytes {
            write!(text, "{byte:02x}").expect("writing to a String cannot fail");
        }
        serializer.serialize_str(&text)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(de: D) -> Result<Vec<u8>, D::Error> {
        let text = String::deserialize(de)?;
        let digits = text.as_bytes();
        if digits.len() % 2 != 0 {
            return Err(de::Error::custom("an odd number of hexadecimal digits"));
        }
        digits
            .chunks(2)
            .map(|pair| {
                let pair = std::str::from_utf8(pair).map_err(de::Error::custom)?;
                u8::from_str_radix(pair, 16).map_err(de::Error::custom)
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_that_are_not_text_survive_json() {
        for bytes in [&b"plain"[..], b"\xff\x00\x7f", b"", "ü".as_bytes()] {
            let exact = ExactString::from(OsStr::from_bytes(bytes));
            let json = serde_json::to_string(&exact).expect("no map keys");
            let back: ExactString = serde_json::from_str(&json).expect(&json);
            assert_eq!(back.as_os_str().as_bytes(), bytes);
        }
        assert!(serde_json::from_str::<ExactString>(r#"{"hex":"abc"}"#).is_err());
    }
}
