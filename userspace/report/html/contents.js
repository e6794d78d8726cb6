// SPDX-License-Identifier: Apache-2.0
//
// The list of contents: beside the page if there is room, else a line on top of it that expands. It stays in sight, and
// marks the section that is being read.
import {element} from './elements.js';

/** @type {(entries: {id: string, title: string, warns: boolean}[]) => Element} */
export function contents(entries) {
  const wide = matchMedia('(min-width: 1100px)'); // as in the style sheet
  const links = entries.map(({id, title, warns}) => element(
      'li', warns ? {class: 'tone-warning'} : {}, element('a', {href: `#${id}`}, title)));
  const list = element('details', {}, element('summary', {}, 'Contents'), element('ul', {class: 'contents'}, links));
  const follow = () => { list.open = wide.matches; };
  follow();
  wide.addEventListener('change', follow);
  list.addEventListener('click', (event) => {
    if (!wide.matches && /** @type {Element} */ (event.target).closest('a')) {
      list.open = false;
    }
  });
  return element('nav', {'aria-label': 'Contents'}, list);
}

export function followReading() {
  const inSight = new Set();
  const links = new Map([...document.querySelectorAll('nav a')].map((link) => [link.getAttribute('href').slice(1), link]));
  const sections = [...links.keys()].map((id) => document.getElementById(id)).filter(Boolean);
  const observer = new IntersectionObserver((changes) => {
    changes.forEach(({target, isIntersecting}) => (isIntersecting ? inSight.add(target) : inSight.delete(target)));
    const first = sections.find((section) => inSight.has(section));
    for (const [id, link] of links) {
      if (first && first.id === id) {
        link.setAttribute('aria-current', 'true');
      } else if (first) {
        link.removeAttribute('aria-current');
      }
    }
  }, {rootMargin: '0px 0px -75% 0px'});
  sections.forEach((section) => observer.observe(section));
}
