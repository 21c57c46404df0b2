/** Components that are drawn anew only when something that they were given changed. */

import { Component, h } from "preact";
import type { ComponentChild, ComponentType } from "preact";

type Properties = Readonly<Record<string, unknown>>;

/** Return a component that is drawn again only if one of its properties is another than before. */
export function memo<Props extends object>(inner: (props: Props) => ComponentChild): ComponentType<Props> {
  return class extends Component<Props> {
    override shouldComponentUpdate(next: Props): boolean {
      return differ(this.props as Properties, next as Properties);
    }

    override render(props: Props) {
      return h(inner as ComponentType<Props>, props);
    }
  };
}

function differ(one: Properties, other: Properties): boolean {
  return Object.keys({ ...one, ...other }).some((name) => one[name] !== other[name]);
}
