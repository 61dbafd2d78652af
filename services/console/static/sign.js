// Signs in the browser: with a key that is made here, kept here, and that no script can read (WebCrypto, Ed25519).
// Only its public half goes out, and signatures. Without a secure context there is no such key; the page says so.
"use strict";

(() => {
  const STORE = "keys";
  const ALGORITHM = "Ed25519";
  const made = document.querySelector("[data-make-key]");
  const signed = document.querySelector("[data-sign]");

  const base64url = (bytes) =>
    btoa(String.fromCharCode(...new Uint8Array(bytes))).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
  const promised = (asked) =>
    new Promise((resolve, reject) => {
      asked.onsuccess = () => resolve(asked.result);
      asked.onerror = () => reject(asked.error);
    });
  const opened = () => {
    const asked = indexedDB.open("solieu", 1);
    asked.onupgradeneeded = () => asked.result.createObjectStore(STORE);
    return promised(asked);
  };
  // All of a person's keys, the newest last: one that waits doesn't take the place of one that is confirmed. The first
  // pages kept one alone.
  const kept = async (person) => {
    const found = await promised((await opened()).transaction(STORE).objectStore(STORE).get(person));
    return [].concat(found ?? []);
  };
  const keep = async (person, key) => {
    const keys = [...(await kept(person)), key];
    return promised((await opened()).transaction(STORE, "readwrite").objectStore(STORE).put(keys, person));
  };

  // RFC 7638: the hash of the members that make the key, in the order of their names.
  const thumbprint = async (x) => {
    const members = `{"crv":"${ALGORITHM}","kty":"OKP","x":"${x}"}`;
    return base64url(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(members)));
  };

  const tell = (form, how) => {
    const line = form.querySelector("[data-words]");
    line.textContent = line.dataset[how];
    form.querySelector("button").disabled = how !== "ready";
  };

  const submit = (form, decision, name, value) => {
    form.elements[name].value = value;
    form.elements.decision.value = decision;
    form.submit();
  };

  const asking = async (form, prepare) => {
    if (!window.crypto || !crypto.subtle || !window.indexedDB) return tell(form, "lacking");
    try {
      await prepare();
    } catch {
      tell(form, "lacking");
    }
  };

  if (made) {
    const person = made.dataset.person;
    asking(made, async () => {
      const own = await kept(person);
      tell(made, "ready");
      for (const row of document.querySelectorAll("[data-key]")) {
        if (own.some((key) => row.dataset.key === key.id)) row.querySelector("[data-here]").hidden = false;
      }
    });
    made.addEventListener("submit", async (event) => {
      event.preventDefault();
      made.querySelector("button").disabled = true;
      await asking(made, async () => {
        const pair = await crypto.subtle.generateKey(ALGORITHM, false, ["sign", "verify"]);
        const x = base64url(await crypto.subtle.exportKey("raw", pair.publicKey));
        await keep(person, { id: await thumbprint(x), key: pair.privateKey });
        submit(made, "make", "x", x);
      });
    });
  }

  if (signed) {
    const inputs = JSON.parse(signed.dataset.inputs);
    const own = () => kept(signed.dataset.person);
    const good = (keys) => keys.findLast((key) => key.id in inputs);
    asking(signed, async () => {
      const keys = await own();
      tell(signed, good(keys) ? "ready" : keys.length ? "unconfirmed" : "absent");
    });
    signed.addEventListener("submit", async (event) => {
      event.preventDefault();
      signed.querySelector("button").disabled = true;
      await asking(signed, async () => {
        const key = good(await own());
        const input = inputs[key.id];
        const signature = await crypto.subtle.sign(ALGORITHM, key.key, new TextEncoder().encode(input));
        submit(signed, "sign", "statement", `${input}.${base64url(signature)}`);
      });
    });
  }
})();
