//! What a server's process costs, read from /proc (proc(5)).

use std::fs;

use anyhow::Context;

/// Processor time and memory of a process.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Usage {
    /// Time its threads have run, in microseconds. A thread that ended takes its time with it.
    pub(crate) cpu_us: u64,
    /// Memory resident.
    pub(crate) rss_kib: u64,
}

impl Usage {
    /// What it costs now.
    ///
    /// # Errors
    /// It is gone, or the kernel keeps no scheduling statistics.
    pub(crate) fn read(pid: u32) -> anyhow::Result<Self> {
        let status = fs::read_to_string(format!("/proc/{pid}/status"))
            .with_context(|| format!("process {pid}"))?;
        let mut run_ns = 0;
        for thread in fs::read_dir(format!("/proc/{pid}/task"))? {
            let path = thread?.path().join("schedstat");
            // A thread that ended since the directory was read.
            let Ok(text) = fs::read_to_string(&path) else {
                continue;
            };
            run_ns += parse_run_ns(&text)
                .with_context(|| format!("{}: expected three numbers", path.display()))?;
        }
        Ok(Self {
            cpu_us: run_ns / 1_000,
            rss_kib: parse_rss_kib(&status).context("/proc/PID/status: expected VmRSS")?,
        })
    }
}

/// The first number of `schedstat`: nanoseconds on a processor.
fn parse_run_ns(schedstat: &str) -> Option<u64> {
    schedstat.split_ascii_whitespace().next()?.parse().ok()
}

/// `VmRSS:     1234 kB` of `status`.
fn parse_rss_kib(status: &str) -> Option<u64> {
    let value = status
        .lines()
        .find_map(|line| line.strip_prefix("VmRSS:"))?;
    value.trim().strip_suffix("kB")?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_kernel_writes_is_understood() {
        assert_eq!(parse_run_ns("307853 12 1\n"), Some(307_853));
        assert_eq!(parse_run_ns(""), None);
        let status = "Name:\ttrunkline\nVmHWM:\t   20000 kB\nVmRSS:\t   12345 kB\nThreads:\t4\n";
        assert_eq!(parse_rss_kib(status), Some(12_345));
        assert_eq!(parse_rss_kib("Name:\tkthreadd\n"), None);
        assert_eq!(parse_rss_kib("VmRSS:\t lots\n"), None);
    }

    #[test]
    fn this_process_has_run_and_has_memory() -> anyhow::Result<()> {
        let usage = Usage::read(std::process::id())?;
        assert!(usage.cpu_us > 0 && usage.rss_kib > 0, "{usage:?}");
        Ok(())
    }
}
