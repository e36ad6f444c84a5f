//! How parts of the state are kept in a snapshot that have no form of their own for it.

/// A framework, which several readers share in memory.
pub(super) mod shared {
    use std::sync::Arc;

    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    pub fn serialize<T: Serialize, S: Serializer>(shared: &Arc<T>, serializer: S) -> Result<S::Ok, S::Error> {
        (**shared).serialize(serializer)
    }

    pub fn deserialize<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
        deserializer: D,
    ) -> Result<Arc<T>, D::Error> {
        T::deserialize(deserializer).map(Arc::new)
    }
}

/// Corrected values: whether one is a number, text or a period is told by its JSON alone.
pub(super) mod corrected {
    use serde::de::Error as _;
    use serde::ser::Error as _;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use super::super::Corrected;

    pub fn serialize<S: Serializer>(corrected: &Corrected, serializer: S) -> Result<S::Ok, S::Error> {
        let mut spelled = Vec::with_capacity(corrected.len());
        for (key, value) in corrected {
            spelled.push((key, serde_json::to_string(value).map_err(S::Error::custom)?));
        }
        spelled.serialize(serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Corrected, D::Error> {
        let spelled = Vec::<(_, String)>::deserialize(deserializer)?;
        let values = spelled.into_iter().map(|(key, text)| {
            let value = serde_json::from_str(&text).map_err(D::Error::custom)?;
            Ok((key, value))
        });
        values.collect()
    }
}
