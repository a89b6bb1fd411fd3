#!/usr/bin/env python3
"""Writes the telephone-number corpus: numbers.tsv, never.tsv,
not-matched.tsv and withheld.tsv, next to this file.

    python3 make.py            # standard library only; made with python 3.11

The truth comes from construction, not from parsing: a subscriber is drawn
first (with a fixed seed), its E.164 number is known, and every spelling is
*written out* from that number by the rules of its country.  Nothing here
reads a telephone number, and no telephone-number library is used.

Each country class carries the plan's facts in its comment, with the public
document they come from.
"""

import os
import random

SEED = 20080320          # fixed: the corpus must come out the same every time
HERE = os.path.dirname(os.path.abspath(__file__))

NBSP, NNBSP = "\u00a0", "\u202f"            # no-break spaces, wide and narrow
ENDASH, NBHYPHEN = "\u2013", "\u2011"       # typographic dashes
LRE, RLE, PDF, LRO, LRM = "\u202a", "\u202b", "\u202c", "\u202d", "\u200e"

PERSON, EXCHANGE = "person", "exchange"


def digits(text):
    return "".join(c for c in text if c.isdigit())


class Sub:
    """One subscriber.  `nsn` is the national (significant) number as it
    stands in E.164, `groups` the customary grouping of the number as it is
    dialled at home without any prefix."""

    def __init__(self, country, kind, nsn, groups, alt=None, **more):
        self.country, self.kind, self.nsn = country, kind, nsn
        self.groups, self.alt = groups, alt or groups
        self.e164 = "+" + country.cc + nsn
        self.more = more
        self.id = None

    @property
    def home_digits(self):
        """Digits dialled at home with no trunk or carrier prefix."""
        return "".join(self.groups)


class Country:
    iso = cc = ""
    n = 64
    idd = ["00"]                 # what one dials here to call abroad
    ext_words = ["ext. 12", "Ext 12", "x12"]
    label_words = ["Tel.", "Cel."]

    def __init__(self):
        self.rnd = random.Random("%d %s" % (SEED, self.iso))
        self.subs = []
        seen = set()
        want = self.draw()
        for s in want:
            # the same ten digits may not be two subscribers (matters in AR)
            key = s.more.get("ten", s.nsn)
            assert key not in seen, key
            seen.add(key)
            self.subs.append(s)
        assert len(self.subs) >= 60, self.iso
        for i, s in enumerate(self.subs, 1):
            s.id = "%s-%03d" % (self.iso, i)

    def num(self, n, first="0123456789"):
        """n digits that do not look made up (no four equal in a row)."""
        while True:
            t = self.rnd.choice(first) + "".join(
                self.rnd.choice("0123456789") for _ in range(n - 1))
            if not any(c * 4 in t for c in "0123456789"):
                return t

    def pick(self, seq, n):
        """n entries of seq, each once before any comes twice."""
        out, pool = [], []
        while len(out) < n:
            if not pool:
                pool = list(seq)
                self.rnd.shuffle(pool)
            out.append(pool.pop())
        return out

    # ---- spellings at home -------------------------------------------------

    def exchange_national(self, s):
        """(form, digits) as an exchange of this country writes the caller."""
        return [("national plain", s.home_digits)]

    def home_forms(self, s):
        out = []
        p = lambda form, text: out.append((PERSON, form, text))
        x = lambda form, text: out.append((EXCHANGE, form, text))
        g, a, cc = s.groups, s.alt, self.cc
        g0, rest = g[0], g[1:]

        p("national plain", "".join(g))
        p("national spaced", " ".join(g))
        p("national spaced otherwise", " ".join(a))
        p("national dashed", "-".join(g))
        p("national dotted", ".".join(a))
        p("national spaced and dashed", self.space_dash(g))
        p("non-breaking spaces", NBSP.join(g))
        p("narrow non-breaking spaces", NNBSP.join(g))
        p("en dashes", ENDASH.join(g))
        p("non-breaking hyphens", NBHYPHEN.join(g))
        p("bidi marks", LRE + self.space_dash(g) + PDF)
        p("stray spaces", "  " + " ".join(g) + " ")
        p("label word", self.label(s) + " " + self.space_dash(g))

        if s.kind != "tollfree":
            # toll-free numbers are answered inside their country only, so
            # they are not given with a country code
            for form, t in self.intl_person(s):
                p(form, t)
            p("international plain", "+" + cc + s.nsn)
            for form, t in self.intl_exchange(s):
                x(form, t)
            if "00" in self.idd:
                g_ = self.intl_groups(s)
                p("international 00", "00" + cc + s.nsn)
                p("international 00 spaced", "00 " + cc + " " + " ".join(g_))
                p("international 00 parentheses",
                  "(00" + cc + ") " + self.space_dash(g_))
                x("international 00", "00" + cc + s.nsn)
            x("sip uri", "sip:+%s%s@sip.example.net;user=phone" % (cc, s.nsn))
            x("sip uri no plus", "sip:%s%s@192.0.2.10;user=phone" % (cc, s.nsn))
            x("sip uri escaped plus", "sip:%%2B%s%s@192.0.2.10" % (cc, s.nsn))
            x("sip uri in brackets",
              "<sip:+%s%s@pbx.example.com:5060;transport=udp>" % (cc, s.nsn))
            x("sip uri with name",
              '"Recepcion" <sip:%s%s@pbx.example.com>' % (cc, s.nsn))
            x("sips uri", "sips:+%s%s@sip.example.net" % (cc, s.nsn))
            x("tel uri", "tel:+%s%s" % (cc, s.nsn))
            p("tel uri", "tel:+%s-%s" % (cc, "-".join(self.intl_groups(s))))
            x("tel uri with context",
              "tel:%s;phone-context=+%s" % (s.nsn, cc))
        for form, t in self.exchange_national(s):
            x(form, t)
            x("sip uri national", "sip:%s@192.0.2.10;user=phone" % t)
            x("tel uri national", "tel:" + t)

        if s.kind in ("fixed", "voip", "tollfree"):
            for w in self.ext_words:
                p("extension", self.space_dash(g) + " " + w)
            if s.kind != "tollfree":
                p("extension international", "+%s %s %s" % (
                    cc, " ".join(self.intl_groups(s)), self.ext_words[0]))
                p("extension tel uri", "tel:+%s%s;ext=12" % (cc, s.nsn))
        self.own_forms(s, p, x)
        return out

    def own_forms(self, s, p, x):
        pass

    def label(self, s):
        return self.label_words[1 if s.kind == "mobile" else 0]

    def space_dash(self, g):
        """Area or first group, space, the rest with a dash."""
        if len(g) == 2:
            return "-".join(g)
        return g[0] + " " + "-".join(g[1:])

    # ---- international spellings ---------------------------------------------

    def intl_groups(self, s):
        return s.groups

    def intl_person(self, s):
        cc, g = self.cc, self.intl_groups(s)
        return [
            ("international spaced", "+%s %s" % (cc, " ".join(g))),
            ("international dashed", "+%s-%s" % (cc, "-".join(g))),
            ("international dotted", "+%s.%s" % (cc, ".".join(g))),
            ("international parentheses",
             "(+%s) %s" % (cc, self.space_dash(g))),
            ("international space after plus", "+ %s %s" % (cc, " ".join(g))),
            ("international non-breaking spaces",
             "+%s%s%s" % (cc, NBSP, NBSP.join(g))),
            ("international non-breaking hyphens",
             "+%s%s%s" % (cc, NBSP, NBHYPHEN.join(g))),
            ("international en dashes",
             "+%s %s" % (cc, ENDASH.join(g))),
            ("international bidi marks",
             LRE + "+%s %s" % (cc, self.space_dash(g)) + PDF),
            ("international bidi override",
             LRO + "+%s %s" % (cc, " ".join(g)) + PDF),
            ("international bidi marks and non-breaking",
             LRE + "+%s%s%s" % (cc, NBSP, NBHYPHEN.join(g)) + PDF),
            ("international bidi right-to-left embedding",
             RLE + "+%s %s" % (cc, " ".join(g)) + PDF),
            ("international left-to-right mark",
             LRM + "+%s%s" % (cc, s.nsn)),
            ("cc without plus", cc + s.nsn),
            ("cc without plus spaced", "%s %s" % (cc, " ".join(g))),
            ("cc without plus dashed", "%s-%s" % (cc, "-".join(g))),
            ("cc without plus parentheses",
             "(%s) %s" % (cc, self.space_dash(g))),
            ("cc without plus slash", "%s/%s" % (cc, self.space_dash(g))),
        ]

    def intl_exchange(self, s):
        return [("international plus", "+" + self.cc + s.nsn),
                ("cc without plus", self.cc + s.nsn)]

    def intl_more(self, s):
        """Other spellings valid from any country: (form, digits after +)."""
        return []

    # ---- the subscriber as seen from another home ----------------------------

    def foreign_forms(self, s, home):
        out = []
        p = lambda form, text: out.append((PERSON, form, text))
        x = lambda form, text: out.append((EXCHANGE, form, text))
        cc, g = self.cc, self.intl_groups(s)
        p("international plain", "+" + cc + s.nsn)
        p("international spaced", "+%s %s" % (cc, " ".join(g)))
        p("international dashed", "+%s-%s" % (cc, "-".join(g)))
        p("international parentheses", "(+%s) %s" % (cc, self.space_dash(g)))
        p("international bidi marks", LRE + "+%s %s" % (cc, " ".join(g)) + PDF)
        x("international plus", "+" + cc + s.nsn)
        x("sip uri", "sip:+%s%s@sip.example.net;user=phone" % (cc, s.nsn))
        x("tel uri", "tel:+%s%s" % (cc, s.nsn))
        for idd in home.idd:
            p("international " + idd, idd + cc + s.nsn)
            p("international %s spaced" % idd,
              "%s %s %s" % (idd, cc, " ".join(g)))
            x("international " + idd, idd + cc + s.nsn)
            if len(idd) == 4:     # 00 15 in Brazil, 123 0 in Chile
                k = 2 if idd[:2] == "00" else 3
                p("international %s split" % idd, "%s %s %s %s" % (
                    idd[:k], idd[k:], cc, " ".join(g)))
        if not home.could_be_national(cc + s.nsn):
            p("cc without plus", cc + s.nsn)
            p("cc without plus spaced", "%s %s" % (cc, " ".join(g)))
            x("cc without plus", cc + s.nsn)
            x("sip uri no plus", "sip:%s%s@192.0.2.10;user=phone" % (cc, s.nsn))
        for form, after in self.intl_more(s):
            p(form, "+" + after)
            x(form, "+" + after)
            if not home.could_be_national(after):
                x(form + ", cc without plus", after)
            p(form + ", " + home.idd[0], home.idd[0] + after)
        return out

    def could_be_national(self, d):
        """Can the bare digits d be a number of this country as dialled or
        delivered at home?  (Then a foreign number without plus is not put
        into numbers.tsv for this home.)"""
        raise NotImplementedError


# -----------------------------------------------------------------------------
# Costa Rica, +506.
# Plan Nacional de Numeracion (Decreto Ejecutivo 35187-MINAET and its reforms,
# administered by SUTEL; SUTEL's published resolutions assign the blocks).
#  * 8 digits, no trunk prefix, no area codes; 00 to call abroad.
#  * 2xxx xxxx fixed (22, 24, 25, 26, 27 the geographic zones); 4xxx xxxx and
#    2000-2003 xxxx VoIP; 50, 57, 60-64, 70-73, 83-89 mobile.
#  * 800 + 7 digits: toll-free (special services), reached inside the country.
#  * On 20 March 2008 seven digits became eight: 2 in front of fixed, 8 in
#    front of mobile numbers (ICE).  A seven-digit text can also be an
#    endpoint number of CallMyWay, hence not-matched.tsv.
#  * CallMyWay delivers and shows numbers with 506 and without the plus.
class CR(Country):
    iso, cc = "CR", "506"
    ext_words = ["ext. 12", "Ext 12", "x12", "extensión 12"]

    def draw(self):
        out = []
        for p in self.pick(["22", "24", "25", "26", "27"], 22):
            n = p + self.num(6)
            out.append(Sub(self, "fixed", n, [n[:4], n[4:]],
                           [n[:2], n[2:4], n[4:6], n[6:]]))
        for p in self.pick("57 60 61 62 63 64 70 71 72 83 84 85 86 87 88 89"
                           .split(), 30):
            n = p + self.num(6)
            out.append(Sub(self, "mobile", n, [n[:4], n[4:]],
                           [n[:2], n[2:4], n[4:6], n[6:]]))
        for p in self.pick(["40", "41", "42", "45", "47", "2000", "2001",
                            "2002", "2003"], 9):
            n = p + self.num(8 - len(p))
            out.append(Sub(self, "voip", n, [n[:4], n[4:]]))
        for _ in range(5):
            n = self.num(7, "123456789")
            out.append(Sub(self, "tollfree", "800" + n, ["800", n],
                           ["800", n[:3], n[3:]]))
        return out

    def could_be_national(self, d):
        return len(d) in (4, 7, 8) or (len(d) == 10 and d[:2] in ("80", "90"))

    def own_forms(self, s, p, x):
        if s.kind == "tollfree":
            n = s.nsn[3:]
            p("toll-free dashed otherwise", "800-%s-%s" % (n[:3], n[3:]))
            p("toll-free parentheses", "(800) %s-%s" % (n[:3], n[3:]))
            return
        g = s.groups
        p("cc without plus parentheses no space",
          "(506)%s-%s" % (g[0], g[1]))
        p("cc without plus dashed once", "506-%s%s" % (g[0], g[1]))


# -----------------------------------------------------------------------------
# Chile, +56.
# Plan Tecnico Fundamental de Numeracion Telefonica (Decreto Supremo 747 of
# 1999 and its reforms, Subtel); ITU Operational Bulletin, communication of
# 2.VII.2014, for the "2" inserted into fixed numbers in 2012-2013.
#  * 9 digits for all: mobile 9 xxxx xxxx; Santiago 2 2xxx xxxx / 2 3xxx xxxx;
#    regions 2-digit area + 2xx xxxx / 3xx xxxx; VoIP 44 xxx xxxx; toll-free
#    800 xxx xxx.  Full portability: range does not tell fixed from mobile.
#  * No trunk prefix today.  Until 2014-2016 one dialled 0 + area for
#    long distance and 09 + 8 digits from fixed to mobile; "09 8765 4321",
#    "(02) 2345 6789" and "(032) 234 5678" are still written everywhere.
#  * To call abroad: carrier 1xx + 0 + country (123 Entel, 171 Claro, 188
#    Movistar), and 00, which the exchanges and mobiles also take.
#  * Written (56-2) 2345 6789, (56 9) 8765 4321, with or without plus.
class CL(Country):
    iso, cc = "CL", "56"
    idd = ["00", "1230", "1880", "1710"]
    ext_words = ["anexo 12", "Anexo 12", "ext. 12", "x12"]
    label_words = ["Fono", "Cel."]

    def draw(self):
        out = []
        for _ in range(26):
            n = self.num(8, "456789")
            out.append(Sub(self, "mobile", "9" + n, ["9", n[:4], n[4:]],
                           ["9" + n[:2], n[2:5], n[5:]]))
        for _ in range(12):
            n = self.rnd.choice(["22", "23", "24", "25", "26", "27", "29",
                                 "32"]) + self.num(6)
            out.append(Sub(self, "fixed", "2" + n, ["2", n[:4], n[4:]],
                           ["2" + n[:1], n[1:4], n[4:]]))
        for area in self.pick("32 33 34 35 41 42 43 45 51 52 53 55 57 58 61 "
                              "63 64 65 67 71 72 73 75".split(), 23):
            n = "2" + self.num(6, "2345678")
            out.append(Sub(self, "fixed", area + n, [area, n[:3], n[3:]],
                           [area, n]))
        for _ in range(3):
            n = self.num(7, "2389")
            out.append(Sub(self, "voip", "44" + n, ["44", n[:3], n[3:]]))
        for _ in range(3):
            n = self.num(6, "23456789")
            out.append(Sub(self, "tollfree", "800" + n,
                           ["800", n[:3], n[3:]]))
        return out

    def could_be_national(self, d):
        return (len(d) in (7, 8, 9) or (len(d) == 10 and d[0] == "0")
                or (len(d) == 10 and d[:3] in ("600", "800")))

    def own_forms(self, s, p, x):
        a, b, c = s.groups[0], s.groups[1], s.groups[2]
        p("national parentheses", "(%s) %s %s" % (a, b, c))
        p("national slash", "%s/%s-%s" % (a, b, c))
        if s.kind == "tollfree":
            return
        p("national parentheses dashed", "(%s) %s-%s" % (a, b, c))
        p("trunk 0", "0%s %s %s" % (a, b, c))
        p("trunk 0 plain", "0" + s.nsn)
        p("trunk 0 dashed", "0%s-%s%s" % (a, b, c))
        p("trunk 0 parentheses", "(0%s) %s %s" % (a, b, c))
        x("trunk 0", "0" + s.nsn)
        p("cc and area in parentheses", "(56-%s) %s %s" % (a, b, c))
        p("cc and area in parentheses spaced", "(56 %s) %s%s" % (a, b, c))
        p("cc and area in parentheses with plus", "(+56 %s) %s %s" % (a, b, c))
        p("international (0)", "+56 (0)%s %s %s" % (a, b, c))
        p("international with trunk 0", "+56 0%s %s %s" % (a, b, c))
        p("international area in parentheses",
          "+56 (%s) %s-%s" % (a, b, c))


# -----------------------------------------------------------------------------
# Uruguay, +598.
# Plan Nacional de Numeracion (URSEC; Resolucion del Poder Ejecutivo 120/008);
# ITU Operational Bulletin, communication of 18.VI.2010 (E.129), and of
# 21.I.2014 for the 92 range.
#  * 8 digits: 2xxx xxxx Montevideo, 4xxx xxxx the interior (both without any
#    prefix), 9x xxx xxx mobile, dialled 09x xxx xxx at home.  00 abroad.
#  * Until 29 August 2010 Montevideo was area 2 with 7 digits, "(02) 901 1234";
#    0 + 2 + 7 digits is today's number after a 0, so it can be read without
#    doubt.  The interior got a new 4 in front of the area: (073) 3 1234 is
#    4733 1234 now; that spelling is in not-matched.tsv.
class UY(Country):
    iso, cc = "UY", "598"
    ext_words = ["int. 12", "interno 12", "Int 12", "ext. 12"]

    def draw(self):
        out = []
        for p in self.pick(["91", "92", "93", "94", "95", "96", "97", "98",
                            "99"], 32):
            n = p + self.num(6, "123456789")
            out.append(Sub(self, "mobile", n, ["0" + n[:2], n[2:5], n[5:]],
                           ["0" + n[:2], n[2:]]))
        for p in self.pick(["22", "23", "24", "25", "26", "27", "29"], 18):
            n = p + self.num(6)
            out.append(Sub(self, "fixed", n, [n[:4], n[4:]],
                           [n[:2], n[2:4], n[4:6], n[6:]]))
        for p in self.pick(["4222", "4224", "4332", "4342", "4362", "4442",
                            "4452", "4522", "4532", "4562", "4622", "4642",
                            "4722", "4733"], 14):
            n = p + self.num(4)
            out.append(Sub(self, "fixed", n, [n[:4], n[4:]],
                           [n[:3], n[3:]]))
        return out

    def could_be_national(self, d):
        return len(d) in (4, 7, 8) or (len(d) in (9, 8) and d[0] == "0")

    def intl_groups(self, s):
        if s.kind == "mobile":
            return [s.nsn[:2], s.nsn[2:5], s.nsn[5:]]
        return s.groups

    def exchange_national(self, s):
        if s.kind == "mobile":
            return [("trunk 0", "0" + s.nsn), ("without trunk 0", s.nsn)]
        return [("national plain", s.nsn)]

    def own_forms(self, s, p, x):
        n = s.nsn
        if s.kind == "mobile":
            a, b, c = s.groups
            p("national parentheses", "(%s) %s %s" % (a, b, c))
            p("national slash", "%s/%s.%s" % (a, b, c))
            p("trunk 0 dashed once", "%s-%s%s" % (a, b, c))
            p("without trunk 0", n)
            p("without trunk 0 spaced", "%s %s %s" % (a[1:], b, c))
            p("international (0)", "+598 (0)%s %s %s" % (a[1:], b, c))
            p("international with trunk 0", "+598 %s %s %s" % (a, b, c))
            p("cc without plus with trunk 0", "598 %s %s %s" % (a, b, c))
        elif n[0] == "2":
            p("trunk 0, old area 02", "(02) %s %s" % (n[1:4], n[4:]))
            p("trunk 0, old area 02 dashed", "02-%s-%s" % (n[1:4], n[4:]))
            p("international, old area 2",
              "+598 2 %s %s" % (n[1:4], n[4:]))
            p("international (0), old area 2",
              "+598 (0)2 %s %s" % (n[1:4], n[4:]))
            p("cc and area in parentheses", "(598-2) %s-%s" % (n[1:4], n[4:]))


# -----------------------------------------------------------------------------
# Brazil, +55.
# Regulamento de Numeracao (Anatel, Resolucao 749/2022), for the ninth digit
# Resolucao 553/2010; carrier codes: Anatel's list of Codigos de Selecao de
# Prestadora (CSP).
#  * DDD (2 digits) + 8 digits beginning 2-5 (fixed) or 9 digits beginning 9
#    (mobile).  Mobiles had 8 digits beginning 6-9 until 2012-2016.  A number
#    of 8 digits beginning 8, 9 or 6 after a DDD is therefore an old mobile,
#    and 9 + it is today's.  Not so 7x, where Nextel's trunked radio kept 8
#    digits, nor 2-5, which are fixed: see not-matched.tsv and never.tsv.
#  * Long distance: 0 + carrier (2 digits) + DDD + number: 0 15 11 9...; people
#    write 0xx11, 0**11 where the carrier is the caller's choice, and also
#    (011) with no carrier.  Lengths tell them apart: 0+DDD+8/9 digits are 11
#    or 12 digits, with a carrier 13 or 14.
#  * Abroad: 00 + carrier + country code.  00 alone is not dialled, and the
#    55 of 0055... stands where the carrier stands: not-matched.tsv.
#  * 0800 + 7 digits toll-free.
class BR(Country):
    iso, cc = "BR", "55"
    idd = ["0015", "0021", "0041", "0031"]
    ext_words = ["ramal 12", "r. 12", "ext. 12", "x12"]
    carriers = ["15", "21", "41", "31", "14"]
    ddd = ("11 12 13 14 15 16 17 18 19 21 22 24 27 28 31 32 33 34 35 37 38 41 "
           "42 43 44 45 46 47 48 49 51 53 54 55 61 62 63 64 65 66 67 68 69 71 "
           "73 74 75 77 79 81 82 83 84 85 86 87 88 89 91 92 93 94 95 96 97 98 "
           "99").split()

    def draw(self):
        out = []
        main = ["11", "11", "21", "31", "41", "51", "55", "61", "71", "81"]
        for d in main + self.pick(self.ddd, 30):
            n = "9" + self.rnd.choice(["8", "9", "8", "9", "6", "7"]) \
                + self.num(7, "123456789")
            out.append(Sub(self, "mobile", d + n, [d, n[:5], n[5:]],
                           [d, n[:1], n[1:5], n[5:]], ddd=d, local=n))
        for d in ["11", "21", "55", "15"] + self.pick(self.ddd, 22):
            n = self.rnd.choice("3333224") + self.num(7, "123456789")
            out.append(Sub(self, "fixed", d + n, [d, n[:4], n[4:]],
                           ddd=d, local=n))
        for _ in range(3):
            n = self.num(7, "2345679")
            out.append(Sub(self, "tollfree", "800" + n,
                           ["0800", n[:3], n[3:]]))
        return out

    def could_be_national(self, d):
        if len(d) in (8, 9):
            return True
        if d[:2] in self.ddd:
            rest = d[2:]
            if len(rest) == 9 and rest[0] == "9":
                return True
            if len(rest) == 8 and rest[0] in "23456789":
                return True
        return len(d) in (11, 12, 13, 14) and d[0] == "0"

    def eight(self, s):
        """The 8-digit local number of before the ninth digit, if it can be
        told from everything else."""
        if s.kind == "mobile" and s.more["local"][1] in "689":
            return s.more["local"][1:]

    def intl_person(self, s):
        out = super().intl_person(s)
        d, n = s.more["ddd"], s.more["local"]
        k = len(n) - 4
        out += [
            ("international area in parentheses",
             "+55 (%s) %s-%s" % (d, n[:k], n[k:])),
            ("international area in parentheses no spaces",
             "+55(%s)%s-%s" % (d, n[:k], n[k:])),
            ("international (0)", "+55 (0)%s %s-%s" % (d, n[:k], n[k:])),
            ("international (0) in area", "+55 (0%s) %s-%s" % (d, n[:k], n[k:])),
            ("international (0xx)", "+55 (0xx%s) %s-%s" % (d, n[:k], n[k:])),
            ("international with trunk 0", "+55 0%s %s-%s" % (d, n[:k], n[k:])),
            ("cc and area in parentheses", "(55 %s) %s-%s" % (d, n[:k], n[k:])),
            ("cc and area in parentheses with plus",
             "(+55 %s) %s-%s" % (d, n[:k], n[k:])),
        ]
        if self.eight(s):
            e = self.eight(s)
            out += [
                ("international without ninth digit", "+55%s%s" % (d, e)),
                ("international without ninth digit spaced",
                 "+55 %s %s-%s" % (d, e[:4], e[4:])),
                ("international without ninth digit parentheses",
                 "+55 (%s) %s-%s" % (d, e[:4], e[4:])),
                ("cc without plus, without ninth digit",
                 "55 %s %s %s" % (d, e[:4], e[4:])),
            ]
        return out

    def intl_more(self, s):
        if self.eight(s):
            return [("without ninth digit", "55" + s.more["ddd"]
                     + self.eight(s))]
        return []

    def exchange_national(self, s):
        if s.kind == "tollfree":
            return [("national plain", "0" + s.nsn)]
        return [("national plain", s.nsn), ("trunk 0", "0" + s.nsn)]

    def own_forms(self, s, p, x):
        if s.kind == "tollfree":
            return
        d, n = s.more["ddd"], s.more["local"]
        c1, c2 = self.rnd.sample(self.carriers, 2)

        def spell(n, suffix):
            k = len(n) - 4
            l = "%s-%s" % (n[:k], n[k:])
            p("national parentheses" + suffix, "(%s) %s" % (d, l))
            p("national parentheses no space" + suffix, "(%s)%s" % (d, l))
            p("national slash" + suffix, "%s/%s" % (d, l))
            p("trunk 0" + suffix, "0%s %s" % (d, l))
            p("trunk 0 plain" + suffix, "0%s%s" % (d, n))
            p("trunk 0 parentheses" + suffix, "(0%s) %s" % (d, l))
            p("carrier placeholder xx" + suffix, "(0xx%s) %s" % (d, l))
            p("carrier placeholder XX" + suffix, "0XX%s %s" % (d, l))
            p("carrier placeholder xx spaced" + suffix, "0 xx %s %s" % (d, l))
            p("carrier placeholder xx no zero" + suffix, "(xx%s) %s" % (d, l))
            p("carrier placeholder **" + suffix, "(0**%s) %s" % (d, l))
            for c in (c1, c2):
                p("carrier code %s%s" % (c, suffix), "0 %s %s %s" % (c, d, l))
                p("carrier code %s plain%s" % (c, suffix),
                  "0%s%s%s" % (c, d, n))
            p("carrier code %s dashed%s" % (c1, suffix),
              "0-%s-%s-%s-%s" % (c1, d, n[:k], n[k:]))
            p("carrier code %s parentheses%s" % (c1, suffix),
              "0%s (%s) %s" % (c1, d, l))
            x("carrier code %s%s" % (c1, suffix), "0%s%s%s" % (c1, d, n))
        spell(n, "")
        e = self.eight(s)
        if e:
            spell(e, ", without ninth digit")
            p("without ninth digit", "%s %s-%s" % (d, e[:4], e[4:]))
            p("without ninth digit plain", d + e)
            p("without ninth digit dotted", "%s.%s.%s" % (d, e[:4], e[4:]))
            x("without ninth digit", d + e)
            x("trunk 0, without ninth digit", "0" + d + e)
            x("international plus, without ninth digit", "+55" + d + e)
            x("cc without plus, without ninth digit", "55" + d + e)
            x("sip uri without ninth digit",
              "sip:+55%s%s@sip.example.net;user=phone" % (d, e))


# -----------------------------------------------------------------------------
# Argentina, +54.
# Plan Fundamental de Numeracion Nacional (Resolucion SC 46/97 and its
# reforms, ENACOM); ENACOM's list of area codes (indicativos interurbanos).
#  * Area (2, 3 or 4 digits) + local number (8, 7 or 6), ten digits together;
#    the ten digits belong to one subscriber, fixed or mobile.
#  * 0 before the area at home.  Calling a mobile from a fixed line: 15 between
#    area and number, from abroad 9 before the area: 011 15 2345-6789 is
#    +54 9 11 2345 6789.  Mobiles and exchanges leave the 15 or the 9 out too,
#    and the ten digits still say which subscriber it is.
#  * No 3-digit area followed by 1 is a 4-digit area (no 2211, 3411, ...), so
#    area + 15 + number cannot be cut in two ways.
#  * 15 + local number without the area is in not-matched.tsv, and so is
#    9 + ten digits without 54 (copied from WhatsApp), except 9 11 ...: eleven
#    digits beginning 911 are no number of any other country.
#  * 0800 + 7 digits toll-free.
class AR(Country):
    iso, cc = "AR", "54"
    ext_words = ["int. 12", "Int 12", "interno 12", "ext. 12"]
    three = ("220 221 223 230 236 237 249 260 261 263 264 266 280 291 294 297 "
             "298 299 336 341 342 343 345 348 351 353 358 362 364 370 376 379 "
             "380 381 383 385 387 388").split()
    four = ("2202 2225 2241 2255 2262 2284 2302 2314 2320 2336 2346 2395 2477 "
            "2625 2646 2657 2901 2920 2942 2954 2962 2966 2972 3327 3329 3382 "
            "3404 3435 3442 3462 3476 3482 3489 3492 3541 3564 3573 3711 3725 "
            "3743 3757 3772 3786 3825 3835 3844 3865 3876 3886 3894").split()
    # three-digit areas whose numbers beginning 4 share their four leading
    # digits with another area (3454, 3584, 3854): left out
    overlap = "345 358 385".split()
    # areas where a local number beginning 5 begins like another area (294,
    # 343, 383, 388), or was not confirmed as assigned when the finished
    # corpus was cross-checked (the others; see README.md): begin with 4 there
    no_five = ("230 236 249 260 294 336 343 348 364 383 388 2336 2395 2646 "
               "2962 3711").split()

    def draw(self):
        out = []

        def add(kind, area, first):
            k = 10 - len(area)
            n = self.num(k, first)
            g = [area, n[:k - 4], n[k - 4:]]
            out.append(Sub(self, kind, ("9" if kind == "mobile" else "")
                           + area + n, g, [area, n], area=area, local=n,
                           ten=area + n))
        three = [a for a in self.three if a not in self.overlap]
        for _ in range(12):
            add("mobile", "11", "23456")
        for area in self.pick(three, 14):
            add("mobile", area, "4" if area in self.no_five else "45")
        for area in self.pick(self.four, 12):
            add("mobile", area, "4" if area in self.no_five else "45")
        for _ in range(9):
            add("fixed", "11", "4")
        for area in self.pick(three, 12):
            add("fixed", area, "4")
        for area in self.pick(self.four, 10):
            add("fixed", area, "4")
        for _ in range(3):
            n = self.num(7, "23456789")
            out.append(Sub(self, "tollfree", "800" + n,
                           ["0800", n[:3], n[3:]]))
        return out

    def could_be_national(self, d):
        if d[0] == "0":
            return len(d) in (11, 13)
        if len(d) == 12:              # area + 15 + number
            return (d[:4] == "1115"
                    or (d[:3] in self.three and d[3:5] == "15")
                    or (d[0] in "23" and d[4:6] == "15"))
        return (len(d) in (6, 7, 8) or (len(d) == 10 and d[0] in "123")
                or (len(d) == 11 and d[0] == "9"))

    def intl_groups(self, s):
        return (["9"] if s.kind == "mobile" else []) + s.groups

    def space_dash(self, g):
        if g and g[0] == "9" and len(g) > 3:
            return "9 " + super().space_dash(g[1:])
        return super().space_dash(g)

    def ten(self, s):
        return s.more["area"] + s.more["local"]

    def intl_person(self, s):
        out = super().intl_person(s)
        a, n = s.more["area"], s.more["local"]
        k = len(n) - 4
        l = "%s-%s" % (n[:k], n[k:])
        if s.kind == "fixed":
            out += [
                ("international area in parentheses", "+54 (%s) %s" % (a, l)),
                ("international (0)", "+54 (0)%s %s" % (a, l)),
                ("international (0) in area", "+54 (0%s) %s" % (a, l)),
                ("international with trunk 0", "+54 0%s %s" % (a, l)),
                ("cc and area in parentheses", "(54-%s) %s" % (a, l)),
                ("cc and area in parentheses spaced", "(54 %s) %s" % (a, l)),
                ("cc and area in parentheses with plus",
                 "(+54 %s) %s" % (a, l)),
            ]
        else:
            out += [
                ("international 9 joined to cc", "+549 %s %s" % (a, l)),
                ("international 9 joined to area", "+54 9%s %s" % (a, l)),
                ("international area in parentheses", "+54 9 (%s) %s" % (a, l)),
                ("international without 9", "+54 %s %s" % (a, l)),
                ("international without 9 plain", "+54" + a + n),
                ("international without 9 parentheses", "+54 (%s) %s" % (a, l)),
                ("international without 9 (0)", "+54 (0)%s %s" % (a, l)),
                ("international 15 form", "+54 %s 15 %s" % (a, l)),
                ("international 15 form parentheses",
                 "+54 (%s) 15-%s" % (a, l)),
                ("international 15 form (0)", "+54 (0)%s 15 %s" % (a, l)),
                ("international 15 form (0) in area",
                 "+54 (0%s) 15 %s" % (a, l)),
                ("international 15 form with trunk 0",
                 "+54 0%s 15 %s" % (a, l)),
                ("cc without plus, 9 joined", "549 %s %s" % (a, l)),
                ("cc without plus, without 9", "54 %s %s" % (a, l)),
                ("cc without plus, 15 form", "54 %s 15 %s" % (a, l)),
                ("international 00 without 9", "0054" + a + n),
                ("cc and area in parentheses, 15 form",
                 "(54-%s) 15-%s" % (a, l)),
            ]
        return out

    def intl_exchange(self, s):
        out = super().intl_exchange(s)
        if s.kind == "mobile":
            out += [("international plus, without 9", "+54" + self.ten(s)),
                    ("cc without plus, without 9", "54" + self.ten(s)),
                    ("international 00, without 9", "0054" + self.ten(s)),
                    ("sip uri without 9",
                     "sip:+54%s@sip.example.net;user=phone" % self.ten(s))]
        return out

    def intl_more(self, s):
        if s.kind == "mobile":
            return [("without 9", "54" + self.ten(s))]
        return []

    def exchange_national(self, s):
        if s.kind == "tollfree":
            return [("national plain", "0" + s.nsn)]
        t = self.ten(s)
        out = [("national plain", t), ("trunk 0", "0" + t)]
        if s.kind == "mobile":
            a, n = s.more["area"], s.more["local"]
            out += [("15 form", a + "15" + n), ("trunk 0, 15 form",
                                               "0" + a + "15" + n)]
        return out

    def own_forms(self, s, p, x):
        if s.kind == "tollfree":
            return
        a, n = s.more["area"], s.more["local"]
        k = len(n) - 4
        l = "%s-%s" % (n[:k], n[k:])
        p("national parentheses", "(%s) %s" % (a, l))
        p("national slash", "%s/%s" % (a, l))
        p("trunk 0", "0%s %s" % (a, l))
        p("trunk 0 spaced", "0%s %s %s" % (a, n[:k], n[k:]))
        p("trunk 0 plain", "0" + a + n)
        p("trunk 0 dashed", "0%s-%s" % (a, l))
        p("trunk 0 slash", "0%s/%s" % (a, l))
        p("trunk 0 parentheses", "(0%s) %s" % (a, l))
        p("trunk 0 parentheses no space", "(0%s)%s" % (a, l))
        if s.kind == "mobile":
            p("15 form", "%s 15 %s" % (a, l))
            p("15 form spaced", "%s 15 %s %s" % (a, n[:k], n[k:]))
            p("15 form plain", "%s15%s" % (a, n))
            p("15 form dashed", "%s-15-%s" % (a, l))
            p("15 form parentheses", "(%s) 15 %s" % (a, l))
            p("15 form parentheses joined", "(%s) 15%s" % (a, n))
            p("trunk 0, 15 form", "0%s 15 %s" % (a, l))
            p("trunk 0, 15 form spaced", "0%s 15 %s %s" % (a, n[:k], n[k:]))
            p("trunk 0, 15 form plain", "0%s15%s" % (a, n))
            p("trunk 0, 15 form dashed", "0%s-15-%s" % (a, l))
            p("trunk 0, 15 form slash", "0%s/15%s" % (a, l))
            p("trunk 0, 15 form parentheses", "(0%s) 15 %s" % (a, l))
            p("trunk 0, 15 form parentheses dashed", "(0%s) 15-%s" % (a, l))
            if a == "11":
                p("9 form without cc", "9 %s %s" % (a, l))
                p("9 form without cc plain", "9" + a + n)
            p("15 form non-breaking spaces",
              NBSP.join(["0" + a, "15", n[:k], n[k:]]))


# -----------------------------------------------------------------------------
# Mexico, +52.
# Plan Tecnico Fundamental de Numeracion (IFT, DOF 11 May 2018), in force for
# dialling since 3 August 2019; area codes: IFT's list of NIR / numeracion
# geografica.
#  * Ten digits: 2-digit areas 55 (and 56, CDMX), 33 (Guadalajara), 81
#    (Monterrey) with 8 local digits, all others 3 + 7.  Fixed and mobile are
#    not told apart by the number.
#  * Obsolete since 2019 but in every address book: 01 (long distance, fixed),
#    044 and 045 (mobile, local and long distance), +52 1 (mobile from abroad).
#    Exchanges and WhatsApp still show +521....  All come before the same ten
#    digits.  No area begins with 0 or 1, so nothing else can be meant.
#  * 00 abroad, 800 + 7 digits toll-free (01 800 before 2019).
class MX(Country):
    iso, cc = "MX", "52"
    ext_words = ["ext. 12", "Ext 12", "x12", "extensión 12"]
    label_words = ["Tel.", "Cel."]
    three = ("222 229 312 322 442 443 444 449 452 461 462 473 477 492 612 614 "
             "618 624 631 644 646 656 662 664 667 668 669 686 722 735 744 747 "
             "771 777 833 844 867 871 899 951 961 981 983 984 993 998 999"
             ).split()

    def draw(self):
        out = []

        def add(kind, area):
            n = self.num(10 - len(area), "23456789" if len(area) == 2
                         else "123456789"[1:])
            out.append(Sub(self, kind, area + n, [area, n[:-4], n[-4:]],
                           [area, n[:-6], n[-6:-4], n[-4:-2], n[-2:]]
                           if len(area) == 3 else [area, n[:2], n[2:4],
                                                   n[4:6], n[6:]],
                           area=area, local=n))
        for area in ["55", "55", "55", "56", "33", "33", "81", "81"] \
                + self.pick(self.three, 26):
            add("mobile", area)
        for area in ["55", "55", "55", "33", "33", "81", "81"] \
                + self.pick(self.three, 20):
            add("fixed", area)
        for _ in range(4):
            n = self.num(7, "23456789")
            out.append(Sub(self, "tollfree", "800" + n,
                           ["800", n[:3], n[3:]]))
        return out

    def could_be_national(self, d):
        return (len(d) in (7, 8, 10) or (len(d) == 12 and d[:2] == "01")
                or (len(d) == 13 and d[:3] in ("044", "045")))

    def intl_person(self, s):
        out = super().intl_person(s)
        a, n = s.more["area"], s.more["local"]
        l = "%s %s" % (n[:-4], n[-4:])
        out += [
            ("international area in parentheses", "+52 (%s) %s" % (a, l)),
            ("cc and area in parentheses", "(52 %s) %s" % (a, l)),
        ]
        if s.kind == "fixed":
            out += [
                ("international with obsolete 01", "+52 01 %s %s" % (a, l)),
                ("international with obsolete (01)", "+52 (01) %s %s" % (a, l)),
                ("international with obsolete (01) and area",
                 "+52 (01 %s) %s" % (a, l)),
            ]
        else:
            out += [
                ("obsolete +521", "+521" + a + n),
                ("obsolete +521 spaced", "+52 1 %s %s" % (a, l)),
                ("obsolete +521 dashed", "+52-1-%s-%s" % (
                    a, l.replace(" ", "-"))),
                ("obsolete +521 parentheses", "+52 1 (%s) %s" % (a, l)),
                ("obsolete +521 joined", "+521 %s %s" % (a, l)),
                ("obsolete +521 bidi marks",
                 LRE + "+52 1 %s %s" % (a, l) + PDF),
                ("obsolete 521 without plus", "521" + a + n),
                ("obsolete 521 without plus spaced", "52 1 %s %s" % (a, l)),
                ("obsolete 00521", "00521" + a + n),
                ("international with obsolete 044", "+52 044 %s %s" % (a, l)),
                ("international with obsolete 045", "+52 045 %s %s" % (a, l)),
            ]
        return out

    def intl_exchange(self, s):
        out = super().intl_exchange(s)
        if s.kind == "mobile":
            out += [("obsolete +521", "+521" + s.nsn),
                    ("obsolete 521 without plus", "521" + s.nsn),
                    ("obsolete 00521", "00521" + s.nsn),
                    ("sip uri obsolete +521",
                     "sip:+521%s@sip.example.net;user=phone" % s.nsn)]
        return out

    def intl_more(self, s):
        if s.kind == "mobile":
            return [("obsolete +521", "521" + s.nsn)]
        return []

    def exchange_national(self, s):
        out = [("national plain", s.nsn)]
        if s.kind == "fixed":
            out.append(("obsolete 01", "01" + s.nsn))
        elif s.kind == "mobile":
            out += [("obsolete 044", "044" + s.nsn),
                    ("obsolete 045", "045" + s.nsn)]
        return out

    def own_forms(self, s, p, x):
        g = s.groups
        a, l, ld = g[0], " ".join(g[1:]), "-".join(g[1:])
        p("national parentheses", "(%s) %s" % (a, l))
        p("national parentheses dashed", "(%s) %s" % (a, ld))
        p("national parentheses no space", "(%s)%s" % (a, ld))
        p("national slash", "%s/%s" % (a, ld))
        if s.kind == "mobile":
            for o in ("044", "045"):
                p("obsolete " + o, "%s %s %s" % (o, a, l))
                p("obsolete %s plain" % o, o + s.nsn)
                p("obsolete %s dashed" % o, "%s-%s-%s" % (o, a, ld))
                p("obsolete %s parentheses" % o, "(%s) %s %s" % (o, a, l))
                p("obsolete %s and area in parentheses" % o,
                  "(%s %s) %s" % (o, a, ld))
        else:
            p("obsolete 01", "01 %s %s" % (a, l))
            p("obsolete 01 plain", "01" + s.nsn)
            p("obsolete 01 dashed", "01-%s-%s" % (a, ld))
            p("obsolete 01 parentheses", "01 (%s) %s" % (a, ld))
            p("obsolete (01)", "(01) %s %s" % (a, l))
            p("obsolete 01 and area in parentheses", "(01 %s) %s" % (a, ld))


# -----------------------------------------------------------------------------
# United States, +1.
# NANPA's list of NPAs in service; ATIS Central Office Code (NXX) Assignment
# Guidelines for the shape of NPA-NXX-XXXX.
#  * NPA and NXX begin 2-9; NXX is not N11 and not 555 here.  Fixed and mobile
#    look alike.  1 before the NPA (trunk prefix, at the same time the country
#    code); 011 abroad.  800, 833, 844, 855, 866, 877, 888 toll-free.
#  * Seven digits without the NPA are in not-matched.tsv.
#  * Other countries of +1 (Canada, 506 too) are other area codes: never.tsv.
class US(Country):
    iso, cc = "US", "1"
    idd = ["011"]
    ext_words = ["ext. 12", "x12", "x 12", "ext 12", "extension 12"]
    label_words = ["Phone:", "Cell:"]
    npas = ("201 202 206 210 212 213 214 303 305 312 313 314 404 407 408 415 "
            "469 480 503 504 512 561 602 609 614 617 619 646 651 702 703 713 "
            "718 727 732 773 786 801 813 816 817 832 847 904 916 917 919 925 "
            "949 954 972").split()

    def draw(self):
        out = []

        def nxx():
            while True:
                t = self.num(3, "23456789")
                if t[1:] != "11" and t != "555":
                    return t
        for i, npa in enumerate(self.pick(self.npas, 58)):
            b, c = nxx(), self.num(4, "123456789")
            out.append(Sub(self, "fixed" if i % 2 else "mobile",
                           npa + b + c, [npa, b, c]))
        for npa in ["800", "888", "877", "866", "855", "844"]:
            b, c = nxx(), self.num(4, "123456789")
            out.append(Sub(self, "tollfree", npa + b + c, [npa, b, c]))
        return out

    def could_be_national(self, d):
        return len(d) in (7, 10) or (len(d) == 11 and d[0] == "1")

    def exchange_national(self, s):
        return [("national plain", s.nsn), ("trunk 1", "1" + s.nsn)]

    def own_forms(self, s, p, x):
        a, b, c = s.groups
        p("national parentheses", "(%s) %s-%s" % (a, b, c))
        p("national parentheses no space", "(%s)%s-%s" % (a, b, c))
        p("national parentheses dotted", "(%s) %s.%s" % (a, b, c))
        p("national slash", "%s/%s-%s" % (a, b, c))
        p("trunk 1 dashed", "1-%s-%s-%s" % (a, b, c))
        p("trunk 1 spaced", "1 %s %s %s" % (a, b, c))
        p("trunk 1 dotted", "1.%s.%s.%s" % (a, b, c))
        p("trunk 1 plain", "1" + s.nsn)
        p("trunk 1 parentheses", "1 (%s) %s-%s" % (a, b, c))
        p("trunk 1 parentheses dashed", "1-(%s)-%s-%s" % (a, b, c))
        p("trunk (1)", "(1) %s %s-%s" % (a, b, c))
        p("non-breaking space and hyphen",
          "(%s)%s%s%s%s" % (a, NBSP, b, NBHYPHEN, c))
        p("bidi marks parentheses", LRE + "(%s) %s-%s" % (a, b, c) + PDF)
        if s.kind == "tollfree":      # these are reached from all of +1
            p("international spaced", "+1 %s %s %s" % (a, b, c))
            p("international dashed", "+1-%s-%s-%s" % (a, b, c))
            x("international plus", "+1" + s.nsn)
            x("sip uri", "sip:+1%s@sip.example.net;user=phone" % s.nsn)
        else:
            p("international area in parentheses",
              "+1 (%s) %s-%s" % (a, b, c))
            p("international area in parentheses no spaces",
              "+1(%s)%s-%s" % (a, b, c))
        if s.kind == "fixed":
            p("extension joined", "%s-%s-%sx12" % (a, b, c))
            p("extension after comma", "(%s) %s-%s, ext. 12" % (a, b, c))


# -----------------------------------------------------------------------------
# Spain, +34.
# Plan nacional de numeracion telefonica (annex of Real Decreto 2296/2004 and
# later resolutions); CNMC's register of assigned blocks.
#  * Nine digits, no trunk prefix since 1998, always dialled in full.
#    Geographic 8x/9x: Madrid 91, Barcelona 93, other provinces 3 digits;
#    mobile 6xx and 71-74; toll-free 900 and 800.  00 abroad.
class ES(Country):
    iso, cc = "ES", "34"
    ext_words = ["ext. 12", "Ext. 12", "ext 12", "extensión 12"]
    label_words = ["Tel.", "Móvil"]

    def draw(self):
        out = []
        for p in self.pick("60 61 62 63 64 65 66 67 68 69 71 72".split(), 28):
            n = p + self.num(7, "123456789")
            out.append(Sub(self, "mobile", n, [n[:3], n[3:6], n[6:]],
                           [n[:3], n[3:5], n[5:7], n[7:]]))
        for p in self.pick(["91", "93"], 12):
            n = p + self.num(7, "2345678")
            out.append(Sub(self, "fixed", n, [n[:2], n[2:5], n[5:7], n[7:]],
                           [n[:3], n[3:6], n[6:]]))
        for p in self.pick("922 928 942 945 947 948 950 952 954 956 957 958 "
                           "963 964 965 968 971 972 976 981 983 985 986 987"
                           .split(), 20):
            n = p + self.num(6, "12345678")
            out.append(Sub(self, "fixed", n,
                           [n[:3], n[3:5], n[5:7], n[7:]],
                           [n[:3], n[3:6], n[6:]]))
        for p in ["900", "900", "800"]:
            n = p + self.num(6, "123456789")
            out.append(Sub(self, "tollfree", n, [n[:3], n[3:6], n[6:]]))
        return out

    def could_be_national(self, d):
        return len(d) in (7, 9)

    def own_forms(self, s, p, x):
        g = s.groups
        p("national slash", g[0] + "/" + ".".join(g[1:]))
        if s.kind == "fixed":
            p("national parentheses", "(%s) %s" % (g[0], " ".join(g[1:])))
            p("national dash after area", g[0] + "-" + "".join(g[1:]))
            p("international area in parentheses",
              "+34 (%s) %s" % (g[0], " ".join(g[1:])))
        if s.kind != "tollfree":
            p("international otherwise", "+34 " + " ".join(s.alt))
            p("international 0034 dashed", "0034-" + "-".join(g))


COUNTRIES = [CR(), CL(), UY(), BR(), AR(), MX(), US(), ES()]
BY = {c.iso: c for c in COUNTRIES}


# -----------------------------------------------------------------------------
# numbers.tsv

def numbers():
    rows = []
    for ci, c in enumerate(COUNTRIES):
        others = [o for o in COUNTRIES if o is not c]
        turn = 0
        for s in c.subs:
            rows += [(c.iso, s.id, s.e164, w, f, t)
                     for w, f, t in c.home_forms(s)]
            if s.kind == "tollfree":
                continue
            for k in (0, 1):      # two other homes, all seven in turn
                h = others[(turn * 2 + k) % 7]
                rows += [(h.iso, s.id, s.e164, w, f, t)
                         for w, f, t in c.foreign_forms(s, h)]
            turn += 1
    # one spelling once for each writer: the first label wins
    seen, out = set(), []
    for r in rows:
        key = (r[0], r[1], r[3], r[5])
        if key not in seen:
            seen.add(key)
            out.append(r)
    # one text may not mean two subscribers in the same home, not even when
    # only the digits are looked at
    whose = {}
    for r in out:
        t = r[5]
        body = t.split("@")[0].split(";")[0].replace("%2B", "+")
        for w in ("ext", "Ext", "int", "Int", "anexo", "Anexo", "ramal",
                  "r. 12", "x12", "x 12"):
            body = body.split(" " + w)[0] if not w.startswith("x") \
                else (body[:-len(w)] if body.endswith(w) else body)
        key = (r[0], "+" in body, digits(body))
        assert whose.setdefault(key, r[2]) == r[2], (r, whose[key])
    return sorted(out)


# -----------------------------------------------------------------------------
# numbers.tsv: codes that hide or show the caller, and digits of other scripts

# What a subscriber of the plan dials before a number so that it is not shown,
# or shown. #31# and *31#: 3GPP TS 22.030, annex B, which GSM networks of all
# these countries follow; *67 and *82: NANPA, vertical service codes, and 1167
# and 1182 from rotary telephones; 067 and 068: Telefonica, Spain, fixed lines.
CALLER_ID_CODES = {
    "US": ["*67", "*82", "*67 ", "1167 "],
    "ES": ["#31#", "*31#", "067 ", "068"],
}
GSM_CODES = ["#31#", "*31#", "#31# "]

# The zero of other scripts' decimal digits (Unicode, general category Nd).
SCRIPTS = [("full-width", 0xff10), ("Arabic-Indic", 0x660),
           ("extended Arabic-Indic", 0x6f0), ("Devanagari", 0x966)]


def in_script(text, zero):
    return "".join(chr(zero + ord(c) - 48) if c.isdigit() else c for c in text)


def more_numbers():
    """Drawn from the same subscribers; takes nothing from the generators, so
    that the other rows stay what they were."""
    rows = []
    for c in COUNTRIES:
        codes = CALLER_ID_CODES.get(c.iso, GSM_CODES)
        for n, s in enumerate(c.subs):
            code = codes[n % len(codes)]
            add = lambda f, t: rows.append(
                (c.iso, s.id, s.e164, PERSON, f, t))
            add("caller id code", code + "".join(s.groups))
            name, zero = SCRIPTS[n % len(SCRIPTS)]
            add("digits " + name, in_script(c.space_dash(s.groups), zero))
            if s.kind != "tollfree":
                add("caller id code international",
                    code + "+" + c.cc + s.nsn)
                add("digits %s international" % name,
                    in_script("+" + c.cc + " " + s.nsn, zero))
    return rows


# -----------------------------------------------------------------------------
# not-matched.tsv: an area in parentheses is no other country's code

def parenthesised():
    rows = []
    why = ("Without a plus or an exit code, what stands in parentheses is an "
           "area and no other country's code.")
    for home in ("CR", "ES", "UY"):
        for c in COUNTRIES:
            if c.iso == home:
                continue
            for s in [s for s in c.subs if s.kind != "tollfree"][:4]:
                rows.append((home, s.e164, "(%s) %s" % (
                    c.cc, c.space_dash(s.groups)), why))
    return rows


# -----------------------------------------------------------------------------
# never.tsv

def national_of(c, e164digits_nsn, s):
    """The national spelling of a (perhaps invented) nsn shaped like s."""
    n = e164digits_nsn
    if c.iso == "AR" and s.kind == "mobile":
        return n[1:]
    if c.iso in ("BR", "AR") and s.kind == "tollfree":
        return "0" + n
    if c.iso == "UY" and n[0] == "9":
        return "0" + n
    return n


def never():
    rnd = random.Random("%d never" % SEED)
    rows = []

    def add(home, stored, caller, why):
        rows.append((home, stored, caller, why))

    homes = {}
    for c in COUNTRIES:
        for s in c.subs:
            homes[s.id] = c.home_forms(s)

    def stored_form(s, no_trap=True):
        forms = [t for w, f, t in homes[s.id] if w == PERSON
                 and "extension" not in f and "bidi" not in f]
        return rnd.choice(forms)

    # 1. one digit that counts differs, each position, all countries
    for c in COUNTRIES:
        pool = [s for s in c.subs if s.kind != "tollfree"]
        for s in rnd.sample(pool, 16) + [x for x in c.subs
                                         if x.kind == "tollfree"][:2]:
            cc = c.cc
            full = cc + s.nsn
            for i in range(len(full)):
                if s.kind == "tollfree" and i < len(cc):
                    continue
                if c.iso == "AR" and s.kind == "mobile" and i == len(cc):
                    continue              # the 9 does not count
                bad = full[i] + ("01" if i <= len(cc) else "")
                d = rnd.choice([x for x in "0123456789" if x not in bad])
                other = full[:i] + d + full[i + 1:]
                if i < len(cc):
                    stored = rnd.choice([t for w, f, t in homes[s.id]
                                         if w == PERSON and t.startswith("+")])
                    caller = rnd.choice(["+" + other,
                                         "sip:+%s@sip.example.net;user=phone"
                                         % other])
                    why = "one digit of the country code differs"
                else:
                    nsn = other[len(cc):]
                    stored = stored_form(s)
                    nat = national_of(c, nsn, s)
                    choice = [nat, nat, "sip:%s@192.0.2.10;user=phone" % nat]
                    if c.iso == "AR" and nat[:2] == "15":
                        choice = []       # would be a 15 without its area
                    if s.kind != "tollfree":
                        choice += ["+" + other, other,
                                   "sip:+%s@sip.example.net;user=phone" % other]
                    caller = rnd.choice(choice)
                    why = "digit %d of the national number differs" % (
                        i - len(cc) + 1)
                add(c.iso, stored, caller, why)

    # 2. a digit too few, a digit too many
    for c in COUNTRIES:
        for s in rnd.sample([s for s in c.subs if s.kind != "tollfree"], 8):
            add(c.iso, s.home_digits[:-1], "+" + c.cc + s.nsn,
                "the last digit is missing in the address book")
            add(c.iso, stored_form(s), c.cc + s.nsn[:-1],
                "the last digit is missing in the call")
            add(c.iso, "+" + c.cc + s.nsn + rnd.choice("123456789"),
                c.cc + s.nsn, "one digit too many in the address book")

    # 3. the same last digits, another area
    def same_tail(c, kind, areas, k, label, n):
        subs = [s for s in c.subs if s.kind == kind and
                len(s.more.get("area", s.more.get("ddd", ""))) ==
                len(areas[0])]
        for s in rnd.sample(subs, min(n, len(subs))):
            own = s.more.get("area", s.more.get("ddd"))
            b = rnd.choice([a for a in areas if a != own])
            pre = "9" if c.iso == "AR" and kind == "mobile" else ""
            ten = b + s.more["local"]
            if c.iso == "AR" and any(o.more.get("ten") == ten
                                     for o in c.subs):
                continue
            add(c.iso, stored_form(s), "+" + c.cc + pre + ten, label)
            add(c.iso, stored_form(s), ten, label)
            add(c.iso, "+%s %s%s %s" % (c.cc, pre + " " if pre else "", b,
                                       s.more["local"]),
                rnd.choice([t for w, f, t in homes[s.id] if w == EXCHANGE]),
                label)

    ar, br, mx = BY["AR"], BY["BR"], BY["MX"]
    same_tail(ar, "mobile", ar.three, 7, "the area differs (7 digits same)", 14)
    same_tail(ar, "mobile", ar.four, 6, "the area differs (6 digits same)", 12)
    same_tail(ar, "fixed", ar.three, 7, "the area differs (7 digits same)", 12)
    same_tail(ar, "fixed", ar.four, 6, "the area differs (6 digits same)", 10)
    same_tail(br, "mobile", br.ddd, 9, "the DDD differs (9 digits same)", 20)
    same_tail(br, "fixed", br.ddd, 8, "the DDD differs (8 digits same)", 16)
    same_tail(mx, "mobile", mx.three, 7, "the area differs (7 digits same)", 14)
    same_tail(mx, "fixed", mx.three, 7, "the area differs (7 digits same)", 12)
    same_tail(mx, "mobile", ["55", "33", "81"], 8,
              "the area differs (8 digits same)", 6)
    # AR: areas of different length, last six digits the same
    for s in ar.subs:
        if s.kind == "tollfree" or len(s.more["area"]) != 2:
            continue
        b = rnd.choice(ar.four)
        tail = s.more["local"][-6:]
        add("AR", stored_form(s), b + tail, "the area differs (6 digits same)")
        add("AR", "0%s 15 %s-%s" % (b, tail[:2], tail[2:]),
            "+54" + s.nsn, "the area differs (6 digits same), 15 form")
    for c, cut in ((BY["CL"], 1), (BY["CR"], 1), (BY["UY"], 1), (BY["ES"], 2),
                   (BY["ES"], 1), (BY["US"], 3)):
        swaps = {"CL": ["2", "9"], "CR": ["2", "4", "6", "7", "8"],
                 "UY": ["2", "4", "9"], "US": BY["US"].npas}
        heads = {("ES", 1): ["6", "9"], ("ES", 2): ["61", "91", "93", "95"]
                 }.get((c.iso, cut)) or swaps[c.iso]
        subs = [s for s in c.subs if s.kind in ("fixed", "mobile")]
        for s in rnd.sample(subs, 14):
            b = rnd.choice([h for h in heads if h != s.nsn[:cut]])
            nsn = b + s.nsn[cut:]
            k = len(s.nsn) - cut
            why = "another range or area, last %d digits same" % k
            add(c.iso, stored_form(s), "+" + c.cc + nsn, why)
            add(c.iso, stored_form(s), national_of(c, nsn, s), why)
            add(c.iso, "+%s %s" % (c.cc, nsn), c.exchange_national(s)[0][1],
                why)
    cl = BY["CL"]
    for s in cl.subs:                      # region against region, 7 digits
        if s.kind == "fixed" and s.nsn[0] != "2":
            b = rnd.choice([a for a in "32 41 45 51 55 57 61 65 71".split()
                            if a != s.nsn[:2]])
            add("CL", stored_form(s), "+56" + b + s.nsn[2:],
                "the area differs (7 digits same)")
            add("CL", "(0%s) %s" % (b, s.nsn[2:]), "56" + s.nsn,
                "the area differs (7 digits same), trunk 0")
            add("CL", "+562%s%s" % (rnd.choice("23"), s.nsn[2:]),
                s.nsn, "Santiago against a region (7 digits same)")

    # 4. the same last 7 or 8 digits, another country; the same national
    #    digits with both country codes
    for c in COUNTRIES:
        pool = [s for s in c.subs if s.kind != "tollfree"]
        for o in COUNTRIES:
            if o is c:
                continue
            for s in rnd.sample(pool, 4):
                t = rnd.choice([x for x in o.subs if x.kind != "tollfree"])
                for k in (7, 8):
                    keep = len(t.nsn) - k
                    head = t.nsn[:keep]
                    if o.cc + head + s.nsn[-k:] == c.cc + s.nsn:
                        continue
                    e = "+" + o.cc + head + s.nsn[-k:]
                    add(c.iso, stored_form(s), e,
                        "another country, last %d digits same" % k)
                if not c.could_be_national(o.cc + head + s.nsn[-8:]):
                    add(c.iso, stored_form(s),
                        o.cc + head + s.nsn[-8:],
                        "another country without plus, last 8 digits same")
            for s in rnd.sample(pool, 3):
                nsn = s.nsn
                add(c.iso, "+%s %s" % (c.cc, nsn), "+%s%s" % (o.cc, nsn),
                    "same national digits, another country code")
                add(o.iso, "+%s%s" % (c.cc, nsn), "sip:+%s%s@sip.example.net"
                    ";user=phone" % (o.cc, nsn),
                    "same national digits, another country code")
                add(c.iso, " ".join(s.groups), "+%s%s" % (o.cc, nsn),
                    "same national digits, another country code on the call")
    # real collisions between plans
    for c, o, pick in (("MX", "US", ["229", "312", "443", "614", "618", "612",
                                     "646", "669", "662", "667", "747", "951",
                                     "984"]),
                       ("AR", "US", ["220", "223", "341", "351", "380", "385",
                                     "336", "364"])):
        for area in pick:
            n = area + BY[c].num(7, "4569")
            nine = "9" if c == "AR" else ""
            add(c, "+%s %s %s" % (BY[c].cc, area, n[3:]), "+1" + n,
                "same ten digits, two countries")
            add(o, "(%s) %s-%s" % (area, n[3:6], n[6:]),
                "+%s%s%s" % (BY[c].cc, nine, n),
                "same ten digits, two countries")
            add(o, "+1 %s %s %s" % (area, n[3:6], n[6:]), BY[c].cc + n,
                "same ten digits, two countries, call without plus")
    for s in BY["CR"].subs[:12]:
        add("UY", s.nsn[:4] + " " + s.nsn[4:], "+506" + s.nsn,
            "same eight digits, two countries")
        add("CR", s.nsn[:4] + "-" + s.nsn[4:], "598" + s.nsn,
            "same eight digits, two countries")
    for s in BY["ES"].subs[:4] + BY["CL"].subs[:12]:
        add("ES", s.nsn, "+56" + s.nsn, "same nine digits, two countries")
        add("CL", s.nsn, "+34" + s.nsn, "same nine digits, two countries")
    for s in BY["CR"].subs:
        if s.kind == "tollfree":
            add("CR", "800-" + s.nsn[3:], "+1" + s.nsn,
                "toll-free of Costa Rica against toll-free of the US")
            add("US", "1-800-%s-%s" % (s.nsn[3:6], s.nsn[6:]),
                "+506" + s.nsn,
                "toll-free of Costa Rica against toll-free of the US")
            for other in ("888", "900", "855"):
                add("CR", "800 " + s.nsn[3:], other + s.nsn[3:],
                    "another service code, last 7 digits same")
    # Canada's 506 is not Costa Rica
    for s in BY["CR"].subs[22:36]:
        add("CR", "+506 %s %s" % (s.nsn[:4], s.nsn[4:]),
            "+1506" + s.nsn[:7], "area 506 in Canada against +506")
        add("US", "(506) %s-%s" % (s.nsn[:3], s.nsn[3:7]), "+506" + s.nsn,
            "area 506 in Canada against +506")

    # 5. seven-digit endpoint numbers of CallMyWay that are a telephone's tail
    ends = [("CR", "8373456", "88373456", "506")]
    for s in BY["CR"].subs[22:42]:
        ends.append(("CR", s.nsn[1:], s.nsn, "506"))
    for c in (BY["CL"], BY["UY"], BY["AR"], BY["MX"], BY["US"], BY["ES"],
              BY["BR"]):
        for s in rnd.sample([x for x in c.subs if x.kind != "tollfree"], 6):
            ends.append((c.iso, s.nsn[-7:], s.nsn, c.cc))
    for home, tail, nsn, cc in ends:
        c = BY[home]
        nat = ("0" + nsn if home == "UY" and nsn[0] == "9" else
               nsn[1:] if home == "AR" and len(nsn) == 11 else nsn)
        add(home, nat, tail, "an endpoint number is the telephone's tail")
        add(home, "+" + cc + nsn, tail,
            "an endpoint number is the telephone's tail")
        add(home, tail, nat, "a telephone ends in the stored endpoint number")
        add(home, tail, cc + nsn,
            "a telephone ends in the stored endpoint number")
        add(home, "%s-%s" % (tail[:3], tail[3:]), "+" + cc + nsn,
            "a telephone ends in the stored endpoint number")

    # 6. short codes against telephones ending so
    codes = {"CR": ["911", "1155", "1115", "*123", "1102"],
             "CL": ["133", "131", "*123", "1410"],
             "UY": ["911", "104", "*123", "1222"],
             "BR": ["190", "193", "*123", "10315"],
             "AR": ["911", "107", "*111", "147"],
             "MX": ["911", "*111", "1155", "089"],
             "US": ["911", "411", "*123", "311"],
             "ES": ["112", "1004", "*123", "061"]}
    for iso, cs in codes.items():
        c = BY[iso]
        for code in cs:
            d = digits(code)
            for s in rnd.sample([x for x in c.subs if x.kind != "tollfree"],
                                2):
                nsn = s.nsn[:-len(d)] + d
                nat = national_of(c, nsn, s)
                add(iso, code, nat, "a short code is the telephone's tail")
                add(iso, code, "+" + c.cc + nsn,
                    "a short code is the telephone's tail")
                add(iso, nat, code, "a short code is the telephone's tail")
                add(iso, "+%s %s" % (c.cc, nsn), d,
                    "a short code is the telephone's tail")

    # 7. BR: a fixed number (8 digits, 2-5) is not the mobile with a leading 9
    for s in br.subs:
        if s.kind != "fixed":
            continue
        d, n = s.more["ddd"], s.more["local"]
        why = "a fixed number against a mobile that differs by a leading 9"
        add("BR", "(%s) %s-%s" % (d, n[:4], n[4:]), d + "9" + n, why)
        add("BR", "+55 %s %s-%s" % (d, n[:4], n[4:]), "+55" + d + "9" + n, why)
        add("BR", "(%s) 9%s-%s" % (d, n[:4], n[4:]), d + n, why)
        add("BR", "0 15 %s 9%s-%s" % (d, n[:4], n[4:]), "55" + d + n, why)
    for _ in range(6):                     # Sao Paulo really has 95xxx mobiles
        n = "5" + br.num(7, "1234")
        why = "a fixed number against a mobile that differs by a leading 9"
        add("BR", "(11) %s-%s" % (n[:4], n[4:]), "119" + n, why)
        add("BR", "(11) 9%s-%s" % (n[:4], n[4:]), "+5511" + n, why)
    # BR: without the ninth digit, and then another number all the same
    for s in br.subs:
        e = br.eight(s)
        if e:
            other = e[:-1] + str((int(e[-1]) + 3) % 10)
            add("BR", "(%s) %s-%s" % (s.more["ddd"], e[:4], e[4:]),
                "55%s9%s" % (s.more["ddd"], other),
                "without the ninth digit, and the last digit differs")

    # 8. MX and AR prefixes that hide a difference
    for s in mx.subs:
        if s.kind == "mobile":
            other = s.nsn[:-1] + str((int(s.nsn[-1]) + 1) % 10)
            add("MX", "044 " + " ".join(s.groups), "+521" + other,
                "obsolete prefixes, and the last digit differs")
    for s in ar.subs:
        if s.kind == "mobile":
            l = s.more["local"]
            other = l[:-1] + str((int(l[-1]) + 1) % 10)
            add("AR", "0%s 15 %s" % (s.more["area"], l),
                "+549%s%s" % (s.more["area"], other),
                "15 form, and the last digit differs")

    rows = sorted(set(rows))
    for home, a, b, why in rows:
        assert a != b, (a, b)
    return rows


# -----------------------------------------------------------------------------
# not-matched.tsv

def not_matched():
    rnd = random.Random("%d not matched" % SEED)
    rows = []

    def some(c, test, n=10):
        pool = [s for s in BY[c].subs if test(s)]
        return rnd.sample(pool, min(n, len(pool)))

    fixed = lambda s: s.kind == "fixed"
    mobile = lambda s: s.kind == "mobile"
    any_ = lambda s: s.kind in ("fixed", "mobile")

    def add(home, s, written, reason):
        rows.append((home, s if isinstance(s, str) else s.e164, written,
                     reason))

    for i, s in enumerate(some("AR", mobile)):
        l = s.more["local"]
        add("AR", s, ["15 %s-%s", "15-%s-%s", "15%s%s"][i % 3]
            % (l[:-4], l[-4:]),
            "15 without the area says a mobile of the writer's own area, "
            "which is not known.")
    for i, s in enumerate(some("AR", fixed)):
        l = s.more["local"]
        add("AR", s, ["%s-%s", "%s %s"][i % 2] % (l[:-4], l[-4:]),
            "A local number without its area is given again in other areas.")
    for i, s in enumerate(some("AR", lambda s: mobile(s)
                               and s.more["area"] != "11")):
        add("AR", s, ["9 %s %s-%s", "9%s%s%s"][i % 2] % tuple(s.groups),
            "A leading 9 without 54 is not dialled in Argentina, and eleven "
            "digits beginning 92 or 93 can be a number of Pakistan or "
            "Afghanistan without its plus.")
    for i, s in enumerate(some("US", any_)):
        add("US", s, ["%s-%s", "%s %s", "%s%s"][i % 3] % tuple(s.groups[1:]),
            "Seven digits without the area code are given again in every "
            "area, and are as long as an endpoint number.")
    for i, s in enumerate(some("CR", lambda s: (fixed(s) or mobile(s))
                               and s.nsn[0] in "28", 12)):
        add("CR", s, [s.nsn[1:], s.nsn[1:4] + "-" + s.nsn[4:]][i % 2],
            "Seven digits from before 20 March 2008 could have become 2 or 8 "
            "plus the seven, and can be an endpoint number.")
    cl_f = lambda s: fixed(s) and s.nsn[:2] == "22"
    for i, s in enumerate(some("CL", cl_f, 12)):
        n = s.nsn
        add("CL", s, [n[2:5] + " " + n[5:], "(2) %s %s" % (n[2:5], n[5:]),
                      "02-" + n[2:], "+56 2 %s %s" % (n[2:5], n[5:])][i % 4],
            "A Santiago number of seven digits from before November 2012 is "
            "as long as a local number elsewhere or an endpoint number.")
    for i, s in enumerate(some("CL", cl_f, 10)):
        add("CL", s, [s.nsn[1:5] + " " + s.nsn[5:], s.nsn[1:]][i % 2],
            "Eight digits without the 2 in front can as well be an old mobile "
            "number without its 9.")
    for i, s in enumerate(some("CL", lambda s: fixed(s) and s.nsn[0] != "2")):
        n = s.nsn
        add("CL", s, ["(%s) %s %s" % (n[:2], n[3:6], n[6:]),
                      "0%s-%s" % (n[:2], n[3:]),
                      "+56 %s %s" % (n[:2], n[3:])][i % 3],
            "A regional number from before 2013 lacks a digit, and eight "
            "digits can be a mobile number without its 9.")
    for i, s in enumerate(some("CL", lambda s: mobile(s)
                               and s.nsn[1] in "56789")):
        add("CL", s, [s.nsn[1:5] + " " + s.nsn[5:], s.nsn[1:5] + "-"
                      + s.nsn[5:], "+56 " + s.nsn[1:]][i % 3],
            "An eight-digit mobile number without its 9 looks like a Santiago "
            "number without its 2.")
    for i, s in enumerate(some("MX", any_, 14)):
        add("MX", s, ["%s %s", "%s-%s", "%s%s"][i % 3] % tuple(s.groups[1:]),
            "Seven or eight digits without the area are given again in other "
            "areas.")
    for i, s in enumerate(some("BR", fixed)):
        l = s.more["local"]
        add("BR", s, ["%s-%s", "%s %s", "%s%s"][i % 3] % (l[:4], l[4:]),
            "Eight digits without the DDD are given again in every DDD.")
    for i, s in enumerate(some("BR", mobile)):
        l = s.more["local"]
        add("BR", s, ["%s-%s", "%s%s"][i % 2] % (l[:5], l[5:]),
            "Nine digits without the DDD are given again in every DDD.")
    br = BY["BR"]
    for i in range(10):
        d = ["11", "21", "31", "41", "19", "27", "61", "62", "71", "81"][i]
        n = "7" + rnd.choice("78") + br.num(6)
        add("BR", "+55%s9%s" % (d, n), ["(%s) %s-%s" % (d, n[:4], n[4:]),
                                       "%s%s" % (d, n)][i % 2],
            "Eight digits beginning 7 were Nextel's radio numbers, which got "
            "no ninth digit, so no mobile with a 9 may be matched to them.")
    for i, s in enumerate(some("BR", lambda s: mobile(s)
                               and s.more["local"][1] == "7")):
        d, l = s.more["ddd"], s.more["local"]
        add("BR", s, "(%s) %s-%s" % (d, l[1:5], l[5:]),
            "Without its ninth digit a mobile beginning 97 looks like one of "
            "Nextel's radio numbers beginning 7.")
    for i, s in enumerate(some("BR", any_)):
        add("BR", s, "9090" + s.more["local"],
            "After the prefix of a local collect call the DDD is missing.")
    for s in some("ES", fixed):
        add("BR", s, s.e164[1:],
            "Without a plus the digits are also a Brazilian mobile of DDD 34.")
    for i, s in enumerate(some("UY", lambda s: fixed(s) and s.nsn[0] == "2")):
        add("UY", s, ["%s %s", "%s-%s"][i % 2] % (s.nsn[1:4], s.nsn[4:]),
            "Seven digits of Montevideo from before 29 August 2010 can be a "
            "number of the interior or an endpoint number.")
    for i, s in enumerate(some("UY", lambda s: fixed(s) and s.nsn[0] == "4"
                               and s.nsn[1] != "2")):
        add("UY", s, ["(0%s) %s", "0%s %s"][i % 2] % (s.nsn[1:4], s.nsn[4:]),
            "Areas of the interior from before 29 August 2010 lack the 4 of "
            "today and had two to four digits.")
    for i, s in enumerate(some("ES", lambda s: fixed(s)
                               and s.nsn[:2] in ("91", "93"))):
        n = s.nsn
        add("ES", s, ["%s %s %s" % (n[2:5], n[5:7], n[7:]), n[2:]][i % 2],
            "Seven digits without the province are given again in other "
            "provinces.")
    for i, s in enumerate(some("ES", fixed)):
        n = s.nsn
        add("ES", s, ["+34 %s %s" % (n[1:2], n[2:]) if n[1] in "13" else
                      "+34 %s %s" % (n[1:3], n[3:])][0],
            "Until 1998 the leading 9 was a trunk prefix left out from "
            "abroad; eight digits after +34 are no number today.")
    # an exchange's own prefixes, all countries
    for i, c in enumerate(COUNTRIES):
        # (not "0," where a 0 in front of the number is its trunk prefix, nor
        # "9," in Argentina, where a 9 before the ten digits means a mobile)
        forms = {"AR": ["8,%s", "8 %s", "7,%s", "8-%s"],
                 "BR": ["9,%s", "9-%s", "8,%s", "9, %s"],
                 "CL": ["9,%s", "9-%s", "8,%s", "9, %s"],
                 "UY": ["9,%s", "9-%s", "8,%s", "9, %s"],
                 }.get(c.iso, ["9,%s", "9 %s", "0,%s", "9-%s"])
        for k, s in enumerate(some(c.iso, fixed if c.iso == "AR" else any_,
                                   4)):
            t = c.space_dash(s.groups)
            add(c.iso, s, forms[k] % t,
                "The digit for an outside line belongs to the writer's "
                "exchange and can be read as part of another number.")
    # a number written as at home, kept in another country
    for c, h in (("US", "CR"), ("CR", "US"), ("ES", "AR"), ("CL", "ES"),
                 ("UY", "CR"), ("BR", "AR"), ("AR", "UY"), ("MX", "US"),
                 ("CR", "UY"), ("ES", "CL")):
        for s in some(c, any_, 3):
            add(h, s, BY[c].space_dash(s.groups),
                "A number written as at home means a number of the office's "
                "own country when it is kept abroad.")
    rows = sorted(set(rows))
    return rows


# -----------------------------------------------------------------------------
# withheld.tsv

def withheld():
    words = """anonymous|private|restricted|unknown|unavailable|withheld|
blocked|hidden|no number|private number|unknown number|unknown caller|
number withheld|caller id withheld|id withheld|withheld number|
not available|no caller id|nocallerid|out of area|payphone|asserted-id hidden|
anónimo|anonimo|privado|privada|número privado|numero privado|oculto|
número oculto|numero oculto|desconocido|número desconocido|
numero desconocido|restringido|número restringido|reservado|no disponible|
sin número|sin identificación|sin identificar|bloqueado|llamada privada|
número no disponible|
anônimo|número desconhecido|desconhecido|número confidencial|confidencial|
não identificado|nao identificado|não disponível|indisponível|
número restrito|restrito|privativo|sem identificação|número bloqueado|
anonyme|inconnu|numéro inconnu|numéro privé|privé|masqué|numéro masqué|
indisponible|non disponible|secret|
anonimo|sconosciuto|numero sconosciuto|privato|numero privato|riservato|
numero riservato|nascosto|non disponibile"""
    out = set()
    for w in words.replace("\n", "").split("|"):
        out |= {w, w.capitalize(), w.upper()}
    out |= {"Private Number", "No Caller ID", "Unknown Caller", "Out Of Area",
            "Número Privado", "Número Desconocido", "UNAVAILABLE ",
            "Anonymous Caller", "anonymous@anonymous.invalid",
            "P", "O", "N/A", "n/a", "null", "none", "<unknown>", "(unknown)",
            "(null)", "-", "--", "asterisk", "Anonymous <anonymous>"}
    out |= {'""', '" "', "0", "00", "000", "0000", "00000", "000000",
            "0000000", "00000000", "000000000", "0000000000", "00000000000",
            "000000000000", "+0", "+00000000000", "000-0000", "000-000-0000",
            "(000) 000-0000"}
    for u in ("sip:anonymous@anonymous.invalid",
              "sip:Anonymous@anonymous.invalid",
              "sip:anonymous@192.0.2.10",
              "sip:anonymous@sip.example.net;user=phone",
              "sips:anonymous@anonymous.invalid",
              "sip:anonymous@anonymous.invalid;user=phone",
              "sip:anonymous@anonymous.invalid:5060",
              "<sip:anonymous@anonymous.invalid>",
              "<sip:anonymous@anonymous.invalid>;tag=1928301774",
              '"Anonymous" <sip:anonymous@anonymous.invalid>',
              '"Anonymous"<sip:anonymous@anonymous.invalid>',
              "Anonymous <sip:anonymous@anonymous.invalid>",
              '"Anonimo" <sip:anonymous@anonymous.invalid>',
              '"Unknown" <sip:unknown@192.0.2.10>',
              "sip:unknown@192.0.2.10", "sip:unavailable@192.0.2.10",
              "sip:unavailable@unknown.invalid",
              "sip:restricted@192.0.2.10", "sip:Restricted@192.0.2.10",
              "sip:private@192.0.2.10", "sip:withheld@192.0.2.10",
              "sip:@192.0.2.10", "sip:192.0.2.10",
              "sip:0000000000@192.0.2.10", "sip:00000000@192.0.2.10",
              "sip:0@192.0.2.10", "sip:invalid@anonymous.invalid",
              "SIP:ANONYMOUS@ANONYMOUS.INVALID", "tel:anonymous",
              "tel:0000000000"):
        out.add(u)
    return sorted((w,) for w in out)


# -----------------------------------------------------------------------------

def write(name, header, rows):
    path = os.path.join(HERE, name)
    with open(path, "w", encoding="utf-8", newline="\n") as f:
        f.write("\t".join(header) + "\n")
        for r in rows:
            for cell in r:
                assert cell and not set(cell) & set("\t\r\n"), r
            f.write("\t".join(r) + "\n")
    print("%-16s %6d rows" % (name, len(rows)))


if __name__ == "__main__":
    n = sorted(set(numbers() + more_numbers()))
    write("numbers.tsv", ("home", "subscriber", "e164", "writer", "form",
                          "written"), n)
    write("never.tsv", ("home", "stored", "caller", "why"), never())
    write("not-matched.tsv", ("home", "e164", "written", "reason"),
          sorted(set(not_matched() + parenthesised())))
    write("withheld.tsv", ("written",), withheld())
