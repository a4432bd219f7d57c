//! The rules of schedules, from outside.

mod backfill;
mod interval;
mod missed;
mod oracle;
mod overlap;
mod patterns;
mod properties;
mod refused;
mod schedule;
mod sentences;
mod set_back;
mod tables;
mod text;
mod world;
