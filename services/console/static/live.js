// Keeps a page as it is now: takes the parts that changed from a stream and puts them in place of the old ones.
// Without it the page still works; one reloads it by hand.
"use strict";

const box = document.querySelector("[data-stream]");
const line = document.querySelector("[data-live-status]");

if (box && line && window.EventSource) {
  const news = document.querySelector("[data-live-news]");
  // What each part came as: a part that was marked as changed is still the same part when it comes again.
  const came = new Map([...box.children].map((part) => [part.id, part.outerHTML]));
  let source = null;
  let seen = new URL(box.dataset.stream, location.href).searchParams.get("seen");

  const tell = (how) => {
    line.className = `live ${how}`;
    line.querySelector("[data-live-words]").textContent = line.dataset[how];
  };

  const element = (html) => {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content.firstElementChild;
  };

  // What a person has begun to write is not taken away: it can no longer be sent, and says so.
  const isWritten = (part) =>
    "keep" in part.dataset && [...part.querySelectorAll("textarea")].some((field) => field.value.trim());

  const end = (part) => {
    if (part.querySelector("[data-over]")) return;
    part.querySelectorAll("button").forEach((button) => button.remove());
    const said = document.createElement("p");
    said.className = "notice wait";
    said.setAttribute("role", "alert");
    said.dataset.over = "";
    said.textContent = line.dataset.over;
    part.prepend(said);
  };

  const show = ({ order, changed, says }) => {
    const focused = document.activeElement && document.activeElement.closest("[data-stream] > *");
    const path = focused && document.activeElement.getAttribute("href");
    const told = [];
    for (const old of [...box.children]) {
      if (order.includes(old.id)) continue;
      if (isWritten(old)) {
        end(old);
        continue;
      }
      old.remove();
      came.delete(old.id);
    }
    order.forEach((id, place) => {
      let part = document.getElementById(id);
      if (id in changed) {
        const fresh = element(changed[id]);
        // What a person writes in, and what was said about it, stays as long as there is such a part at all; one that
        // shows more than that, only while something is written in it.
        const isKept = part && "keep" in part.dataset && "keep" in fresh.dataset
          && (part.dataset.keep !== "written" || isWritten(part));
        const isNews = !isKept && (!part || came.get(id) !== fresh.outerHTML);
        if (part && isNews) part.replaceWith(fresh);
        if (isNews) {
          part = fresh;
          came.set(id, part.outerHTML);
          if (id in says) told.push(says[id]);
          part.classList.add("changed");
          if (focused && focused.id === id) {
            const again = path && part.querySelector(`[href="${CSS.escape(path)}"]`);
            (again || part).focus();
          }
        }
      }
      if (part && box.children[place] !== part) box.insertBefore(part, box.children[place] || null);
    });
    if (told.length) news.textContent = told.slice(0, 3).join(". ");
  };

  const open = () => {
    const address = new URL(box.dataset.stream, location.href);
    address.searchParams.set("seen", seen);
    source = new EventSource(address);
    source.onopen = () => tell("on");
    source.onerror = () => tell(source.readyState === EventSource.CLOSED ? "ended" : "off");
    source.addEventListener("change", (event) => {
      seen = event.lastEventId;
      show(JSON.parse(event.data));
      tell("on");
    });
    source.addEventListener("away", () => tell("off"));
    source.addEventListener("ended", () => {
      source.close();
      tell("ended");
    });
  };

  // A browser has few connections to one site: a page that nobody looks at gives its own back.
  document.addEventListener("visibilitychange", () => {
    source.close();
    if (!document.hidden) open();
  });
  window.addEventListener("pagehide", () => source.close());
  open();
}
