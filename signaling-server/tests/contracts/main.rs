//! What must hold whatever else changes: the text on the wire, and the rules of a room.

#[cfg(feature = "server")]
mod cluster_properties;
#[cfg(feature = "server")]
mod room_properties;
mod wire_format;
