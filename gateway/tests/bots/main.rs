//! The bot server and the bot inspector over real sockets.

mod command;
mod inspector;
mod server;
mod tls;
