// Tests begin in the middle of a window: they may say every text.

import { catalogue } from "../src/host/fake/words";
import { speakFrom } from "../src/texts";

speakFrom(catalogue);
