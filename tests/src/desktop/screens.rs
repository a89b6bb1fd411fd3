//! The X server, and its screens.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;

use super::{COMES_UP_WITHIN, VirtualDesktop};

impl VirtualDesktop {
    /// Starts the X server, and waits until programs see all of its screens.
    pub(super) fn start_display(&mut self, screens: &[(u16, u16)]) -> io::Result<()> {
        let width: u32 = screens.iter().map(|(width, _)| u32::from(*width)).sum();
        let height = screens.iter().map(|(_, height)| *height).max().unwrap_or_default();
        if let [_] = screens {
            let mut server = self.command("Xvfb");
            server.args(["-displayfd", "1", "-screen", "0", &format!("{width}x{height}x24")]);
            server.args(["-nolisten", "tcp", "-noreset"]);
            let display = self.part(server)?;
            self.env.push(("DISPLAY".to_owned(), format!(":{display}")));
            return Ok(());
        }
        // Xvfb has one output, and GTK believes in no second screen without one of its own. This server makes as many
        // as somebody who looks on from afar asks for.
        let socket = self.home.join("run/screens");
        let mut server = self.command("Xtigervnc");
        server.args(["-displayfd", "1", "-geometry", &format!("{width}x{height}"), "-depth", "24"]);
        server.args(["-nolisten", "tcp", "-noreset", "-SecurityTypes", "None", "-rfbport", "-1", "-rfbunixpath"]);
        server.arg(&socket);
        let display = self.part(server)?;
        self.env.push(("DISPLAY".to_owned(), format!(":{display}")));
        let _asked = side_by_side(&socket, screens)?;
        self.wait_until(COMES_UP_WITHIN, || {
            let said = self.answer("xdpyinfo", &["-ext", "XINERAMA"]).ok()?;
            (said.matches("head #").count() == screens.len()).then_some(())
        })
    }
}

/// Asks a VNC server for these screens, in the protocol of RFC 6143 and its extension `SetDesktopSize`. It may take its
/// time to do so, and wants us to stay for so long.
fn side_by_side(socket: &Path, screens: &[(u16, u16)]) -> io::Result<UnixStream> {
    let mut server = UnixStream::connect(socket)?;
    server.set_read_timeout(Some(COMES_UP_WITHIN))?;
    server.set_write_timeout(Some(COMES_UP_WITHIN))?;
    let mut version = [0; 12];
    server.read_exact(&mut version)?;
    server.write_all(b"RFB 003.008\n")?;
    let mut kinds = [0; 1];
    server.read_exact(&mut kinds)?;
    server.read_exact(&mut vec![0; usize::from(kinds[0])])?;
    // No password: the socket lies in a folder of ours.
    server.write_all(&[1])?;
    let mut result = [0; 4];
    server.read_exact(&mut result)?;
    if result != [0; 4] {
        return Err(io::Error::other("the X server lets nobody arrange its screens"));
    }
    // Others may look on too.
    server.write_all(&[1])?;
    let mut about = [0; 24];
    server.read_exact(&mut about)?;
    let name = u32::from_be_bytes([about[20], about[21], about[22], about[23]]);
    io::copy(&mut Read::by_ref(&mut server).take(u64::from(name)), &mut io::sink())?;

    // The one encoding we can read: that of the screens' places (-308).
    let mut asked = vec![2, 0, 0, 1];
    asked.extend((-308_i32).to_be_bytes());
    let width = screens.iter().map(|(width, _)| width).sum::<u16>();
    let height = screens.iter().map(|(_, height)| *height).max().unwrap_or_default();
    let count = u8::try_from(screens.len()).map_err(io::Error::other)?;
    asked.extend([251, 0]);
    asked.extend([width.to_be_bytes(), height.to_be_bytes()].concat());
    asked.extend([count, 0]);
    let mut left = 0_u16;
    for (id, (width, height)) in (0_u32..).zip(screens) {
        asked.extend(id.to_be_bytes());
        asked.extend([left, 0, *width, *height].map(u16::to_be_bytes).concat());
        asked.extend([0; 4]);
        left += width;
    }
    server.write_all(&asked)?;
    Ok(server)
}
