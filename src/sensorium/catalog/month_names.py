"""Names of months in the languages of Europe that write them in dates, as numbers."""

from collections.abc import Mapping

_NAMES = (
    "jan january januar janvier enero janeiro gennaio januari janv jän jänner gen ene",
    "feb february februar février fevrier febrero fevereiro febbraio februari févr fevr fév fev",
    "mar march märz maerz mars marzo março marco maart mär mrz mrt mär",
    "apr april avril abril aprile avr abr",
    "may mai mayo maio maggio mei mag maj",
    "jun june juni juin junio junho giugno giu",
    "jul july juli juillet julio julho luglio juil lug",
    "aug august août aout agosto augustus ago",
    "sep sept september septembre septiembre setembro settembre set",
    "oct october oktober octobre octubre outubro ottobre okt out ott",
    "nov november novembre noviembre novembro",
    "dec december dezember décembre decembre diciembre dezembro dicembre dez déc dic",
)
MONTHS: Mapping[str, int] = {
    name: number for number, names in enumerate(_NAMES, start=1) for name in names.split()
}
"""Name in lower case, or its short form without a full stop -> 1 to 12."""
