// Tests begin in the middle of a window: they may say every text.

import { vi } from "vitest";

import { catalogue } from "../src/host/fake/words";
import { speakFrom } from "../src/texts";

speakFrom(catalogue);

// The office's morning is lived in the morning: shortly after midnight its calls of today would be yesterday's.
const morning = new Date();
morning.setHours(10, 42, 0, 0);
vi.setSystemTime(morning);
