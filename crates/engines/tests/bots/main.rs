//! Whole calls with bots at their end, on a virtual clock: an Omni caller at 8 kHz, the call, the agent, and bots
//! that speak the published messages by hand.

mod failures;
mod ivr;
mod moving;
mod others;
mod world;
