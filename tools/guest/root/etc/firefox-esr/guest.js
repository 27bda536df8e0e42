/* guest.js - as few processes as can be: the guest is emulated, and slow. */
pref("dom.ipc.processPrelaunch.enabled", false);
pref("dom.ipc.keepProcessesAlive.web", 1);
pref("extensions.webextensions.remote", false);
pref("media.rdd-process.enabled", false);
pref("media.utility-process.enabled", false);
pref("network.process.enabled", false);
pref("browser.newtab.preload", false);
pref("browser.sessionstore.interval", 600000);
pref("extensions.screenshots.disabled", true);
pref("accessibility.force_disabled", 1);
