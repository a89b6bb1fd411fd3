//! Types that are one text in JSON and in the database: as `Display` writes them and `FromStr` reads them.

/// Makes the conversions that serde's `try_from = "String", into = "String"` asks for.
macro_rules! as_text {
    ($of:ty, $bad:ty) => {
        impl TryFrom<String> for $of {
            type Error = $bad;

            fn try_from(text: String) -> Result<Self, $bad> {
                text.parse()
            }
        }

        impl From<$of> for String {
            fn from(value: $of) -> Self {
                value.to_string()
            }
        }
    };
}
pub(crate) use as_text;
