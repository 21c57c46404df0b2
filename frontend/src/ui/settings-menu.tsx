/** What can be chosen on this device, and where help is. */

import { useState } from "preact/hooks";
import { useSurroundings } from "./context";
import { Menu } from "./menu";
import { strings } from "./strings";
import { chooseTheme, readTheme, THEMES } from "./theme";

/** The menu at the end of the list. */
export function SettingsMenu({ help }: { help: () => void }) {
  const { device } = useSurroundings();
  const [theme, setTheme] = useState(() => readTheme(device));
  const themes = THEMES.map((each) => ({
    label: strings.settings[each],
    checked: each === theme,
    act: () => {
      chooseTheme(device, each);
      setTheme(each);
    },
  }));
  return (
    <Menu label={strings.settings.label} icon="sliders" place="bottom-full left-0 mb-1"
      groups={[themes, [{ label: strings.settings.shortcuts, icon: "keyboard", act: help }]]} />
  );
}
